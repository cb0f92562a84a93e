// Compares content with its SHA-1 while it is read. A WIM has no other sums that protect a file.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "imgtools/bytes/digest.h"
#include "imgtools/wim/wim_blob_table.h"

namespace goldhive {

/// Only content that is read from start to end, in order, is compared. Reading a whole file for one
/// value in it would lose what reading on demand saves.
class WimHashedSource final : public ByteSource {
 public:
  WimHashedSource(std::unique_ptr<ByteSource> base, const WimHash& hash, std::string name)
      : ByteSource(std::move(name)), base_(std::move(base)), expected_(hash) {}
  std::uint64_t size() const override { return base_->size(); }
  SharedBudget budget() const override { return base_->budget(); }

 protected:
  /// Throws Error(corrupt) with the last bytes of the content, if its hash is not the expected one.
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  static constexpr std::uint64_t out_of_order = ~std::uint64_t{0};

  std::unique_ptr<ByteSource> base_;
  WimHash expected_;
  mutable std::optional<Sha1> sum_;  // of the first next_ bytes
  mutable std::uint64_t next_ = 0;
};

}  // namespace goldhive
