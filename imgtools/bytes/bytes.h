// Bytes and checked little-endian reads from them. Every parser of untrusted bytes reads through
// ByteView and nothing else, so no parser can run past its buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace goldhive {

using Bytes = std::vector<std::uint8_t>;

/// A span that knows where it came from. Reads beyond its end throw Error(corrupt) with the
/// absolute offset. Owns nothing: the bytes and the name must outlive it.
class ByteView {
 public:
  ByteView() = default;
  /// `origin`: absolute offset of data[0] in the source called `name`.
  ByteView(std::span<const std::uint8_t> data, std::uint64_t origin, std::string_view name)
      : data_(data), origin_(origin), name_(name) {}

  std::size_t size() const { return data_.size(); }
  std::uint64_t origin() const { return origin_; }
  std::string_view name() const { return name_; }
  std::span<const std::uint8_t> span() const { return data_; }

  std::uint8_t u8(std::size_t at) const { return *need(at, 1); }
  std::uint16_t u16(std::size_t at) const {
    const std::uint8_t* p = need(at, 2);
    return static_cast<std::uint16_t>(p[0] | (p[1] << 8));
  }
  std::uint32_t u32(std::size_t at) const {
    const std::uint8_t* p = need(at, 4);
    return static_cast<std::uint32_t>(p[0]) | (static_cast<std::uint32_t>(p[1]) << 8) |
           (static_cast<std::uint32_t>(p[2]) << 16) | (static_cast<std::uint32_t>(p[3]) << 24);
  }
  std::int32_t i32(std::size_t at) const { return static_cast<std::int32_t>(u32(at)); }
  std::uint64_t u64(std::size_t at) const {
    return static_cast<std::uint64_t>(u32(at)) | (static_cast<std::uint64_t>(u32(at + 4)) << 32);
  }

  /// The `length` bytes from `at`.
  ByteView slice(std::size_t at, std::size_t length) const {
    need(at, length);
    return ByteView(data_.subspan(at, length), origin_ + at, name_);
  }
  /// From `at` to the end.
  ByteView from(std::size_t at) const {
    need(at, 0);
    return ByteView(data_.subspan(at), origin_ + at, name_);
  }
  bool starts_with(std::string_view text) const;

 private:
  const std::uint8_t* need(std::size_t at, std::size_t length) const {
    if (at > data_.size() || length > data_.size() - at) overrun(at, length);
    return data_.data() + at;
  }
  [[noreturn]] void overrun(std::size_t at, std::size_t length) const;

  std::span<const std::uint8_t> data_;
  std::uint64_t origin_ = 0;
  std::string_view name_;
};

/// Little-endian stores into a buffer that the caller has sized; throws std::out_of_range.
void put_u16(std::span<std::uint8_t> out, std::size_t at, std::uint16_t value);
void put_u32(std::span<std::uint8_t> out, std::size_t at, std::uint32_t value);
void put_u64(std::span<std::uint8_t> out, std::size_t at, std::uint64_t value);

}  // namespace goldhive
