// Unpacking gzip, every member of it, with every checksum verified.
//
// Not by libarchive: it verifies neither the checksum nor the size of a member, and takes whatever
// follows a member and is no gzip for the end. So a damaged bit could change a value in a hive, or
// let a disk end early, and nobody would know.
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

  /// The next bytes, valid until the next call; empty at the end. Error(corrupt) for what is cut
  /// off or damaged, and for anything but zeros (which some tapes leave) after the last member.
  std::span<const std::uint8_t> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive
