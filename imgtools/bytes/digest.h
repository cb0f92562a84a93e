// SHA-256, for `--hash`, for journals and for undo files; SHA-1, by which a WIM names its contents.
// The only user of libgcrypt.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// A SHA of `Size` bytes. SHA-1 protects against accidents, not against people.
template <std::size_t Size>
class Sha {
 public:
  Sha();
  ~Sha();
  Sha(const Sha&) = delete;
  Sha& operator=(const Sha&) = delete;

  void add(std::span<const std::uint8_t> data);
  /// The digest of all that was added. To be called once, after the last add().
  std::array<std::uint8_t, Size> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using Sha256 = Sha<32>;
using Digest = std::array<std::uint8_t, 32>;
using Sha1 = Sha<20>;
using Sha1Digest = std::array<std::uint8_t, 20>;

/// The digest of `length` bytes from `offset`, which are read in pieces.
Digest sha256(const ByteSource& source, std::uint64_t offset, std::uint64_t length);
Digest sha256(const ByteSource& source);
Digest sha256(std::string_view text);
Sha1Digest sha1(const ByteSource& source, std::uint64_t offset, std::uint64_t length);

/// Lower-case hex digits: 64, or 40 of a SHA-1.
std::string to_hex(std::span<const std::uint8_t> digest);

}  // namespace goldhive
