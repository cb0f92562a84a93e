// SHA-256, for `--hash`, for journals and for undo files; SHA-1, by which a WIM names its contents.
// The only user of libgcrypt.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "imgtools/byte_source.h"

namespace goldhive {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::span<const std::uint8_t> data);
  /// Of all that was added. Call it once, last.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of `length` bytes from `offset`, read in pieces.
Digest sha256(const ByteSource& source, std::uint64_t offset, std::uint64_t length);
Digest sha256(const ByteSource& source);

using Sha1Digest = std::array<std::uint8_t, 20>;

/// Protects against accidents, not against people.
class Sha1 {
 public:
  Sha1();
  ~Sha1();
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;

  void add(std::span<const std::uint8_t> data);
  /// Of all that was added. Call it once, last.
  Sha1Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Of `length` bytes from `offset`, read in pieces.
Sha1Digest sha1(const ByteSource& source, std::uint64_t offset, std::uint64_t length);

/// Lower-case hex digits: 64, or 40 of a SHA-1.
std::string to_hex(std::span<const std::uint8_t> digest);

}  // namespace goldhive
