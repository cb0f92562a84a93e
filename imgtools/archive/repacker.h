// Packing a stream again as an old file was packed, as far as that can be told.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/archive/xxhash64.h"

namespace goldhive {

/// What is kept: the kind of packing, the level if the file tells it (packing.h), the name and time
/// in a gzip header, and whether a zstd frame ends in a checksum. What is not kept: how the old
/// stream was divided into members or blocks. If the old file is not packed, the stream is passed
/// on as it is.
class Repacker {
 public:
  using Put = std::function<void(std::span<const std::uint8_t>)>;
  /// Error(unsupported) for a gzip header with fields that only another program can make.
  Repacker(const ByteSource& old, Put put);

  void put(std::span<const std::uint8_t> data);
  void finish();

  /// Whether the constructor would throw, without writing anything.
  static void check(const ByteSource& old);

 private:
  void pass_on(std::span<const std::uint8_t> packed);

  Put put_;
  std::size_t to_drop_ = 0;  ///< of the packer's output: its header, which is replaced
  bool adds_checksum_ = false;
  XxHash64 checksum_;
  std::uint64_t packed_ = 0;  ///< bytes passed on
  std::unique_ptr<Packer> packer_;
};

}  // namespace goldhive
