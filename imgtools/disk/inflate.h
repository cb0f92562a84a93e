// Single deflated blocks, as disk containers store them: the chunks of E01, the clusters of qcow2.
// Through zlib, which is loaded when the first one is met.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace goldhive {

/// What lies around a deflated stream.
enum class DeflateWrapper {
  zlib,  ///< RFC 1950: two bytes before it, the Adler-32 of the plain bytes after it
  none,  ///< RFC 1951 alone
};

/// Can be used for any number of blocks, by one thread at a time.
class Inflater {
 public:
  /// Error(unsupported) if zlib is not there; Error(io) if it cannot be started.
  explicit Inflater(DeflateWrapper wrapper);
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
