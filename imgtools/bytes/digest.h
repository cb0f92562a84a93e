// SHA-256, for `--hash`, for journals and for undo files; SHA-1, by which a WIM names its contents;
// MD5, which an E01 stores of its disk. The only user of libgcrypt.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// Makes a digest of `Size` bytes: 32 is SHA-256, 20 SHA-1, 16 MD5. The last two protect against
/// accidents, not against people.
template <std::size_t Size>
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void add(std::span<const std::uint8_t> data);
  /// The digest of all that was added. To be called once, after the last add().
  std::array<std::uint8_t, Size> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using Sha256 = Hasher<32>;
using Digest = std::array<std::uint8_t, 32>;
using Sha1 = Hasher<20>;
using Sha1Digest = std::array<std::uint8_t, 20>;
using Md5 = Hasher<16>;

/// The digest of `length` bytes from `offset`, which are read in pieces.
Digest sha256(const ByteSource& source, std::uint64_t offset, std::uint64_t length);
Digest sha256(const ByteSource& source);
Digest sha256(std::string_view text);
Sha1Digest sha1(const ByteSource& source, std::uint64_t offset, std::uint64_t length);

/// Lower-case hex digits: 64, or 40 of a SHA-1.
std::string to_hex(std::span<const std::uint8_t> digest);

}  // namespace goldhive
