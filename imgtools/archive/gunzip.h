// Unpacking gzip, every member of it, with every checksum verified.
//
// libarchive is not used for it: it verifies neither the checksum nor the size of a member, and if
// the bytes after a member are no gzip, it takes that for the end. So a damaged bit could change a
// value in a hive, or make a disk end early, without an error.
#pragma once

#include <memory>
#include <span>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

class Gunzip {
 public:
  explicit Gunzip(std::shared_ptr<const ByteSource> file);
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// The next bytes, valid until the next call; empty at the end. Error(corrupt) if the file is cut
  /// off or damaged, or if the last member is followed by anything but zeros (which some tapes
  /// add).
  std::span<const std::uint8_t> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive
