#include "imgtools/bytes/bytes.h"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "imgtools/bytes/error.h"

namespace goldhive {

bool ByteView::starts_with(std::string_view text) const {
  return data_.size() >= text.size() && std::memcmp(data_.data(), text.data(), text.size()) == 0;
}

void ByteView::overrun(std::size_t at, std::size_t length) const {
  throw Error::corrupt(std::string(name_), origin_ + at, "structure is cut off",
                       fmt::format("{} bytes", length),
                       fmt::format("{} bytes", at < data_.size() ? data_.size() - at : 0));
}

namespace {

void put(std::span<std::uint8_t> out, std::size_t at, std::uint64_t value, std::size_t width) {
  if (at > out.size() || width > out.size() - at) throw std::out_of_range("put beyond the buffer");
  for (std::size_t i = 0; i < width; ++i) {
    out[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
  }
}

}  // namespace

void put_u16(std::span<std::uint8_t> out, std::size_t at, std::uint16_t value) {
  put(out, at, value, 2);
}
void put_u32(std::span<std::uint8_t> out, std::size_t at, std::uint32_t value) {
  put(out, at, value, 4);
}
void put_u64(std::span<std::uint8_t> out, std::size_t at, std::uint64_t value) {
  put(out, at, value, 8);
}

}  // namespace goldhive
