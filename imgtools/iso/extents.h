// Where the bytes of a file of an optical disc lie. UDF and ISO9660 both give a list of extents. A
// file over 4 GiB (ISO9660) or 1 GiB (UDF) always has several, most often next to each other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// A run of bytes of a file.
struct DiscExtent {
  std::optional<std::uint64_t> offset;  ///< in the image, in bytes; nullopt: reads as zeros
  std::uint64_t length = 0;             ///< in bytes
};

/// Appends `next`. If it begins where the last extent ends, the two become one.
void append(std::vector<DiscExtent>& extents, const DiscExtent& next);

/// A file of an image, read in place. The extents must lie inside `image`. The reader of the format
/// has checked that, since it can say which structure is wrong.
class ExtentSource final : public ByteSource {
 public:
  ExtentSource(std::shared_ptr<const ByteSource> image, const std::vector<DiscExtent>& extents,
               std::string name);
  std::uint64_t size() const override { return size_; }
  SharedBudget budget() const override { return image_->budget(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  struct Piece {
    std::uint64_t start;  ///< in the file
    DiscExtent extent;
  };
  std::shared_ptr<const ByteSource> image_;
  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

}  // namespace goldhive
