// Single deflated blocks with the wrapper of RFC 1950 (two bytes before it, the Adler-32 of the
// plain bytes after it), as the chunks of E01 are stored. Through zlib, which is loaded when the
// first one is met.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace goldhive {

/// Can be used for any number of blocks, by one thread at a time.
class Inflater {
 public:
  /// Error(unsupported) if zlib is not there; Error(io) if it cannot be started.
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Fills `out` with what `in` unpacks to. False if that is damaged, or fewer or more bytes. Bytes
  /// of `in` after the end of the stream are not looked at.
  bool unpack(std::span<const std::uint8_t> in, std::span<std::uint8_t> out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive
