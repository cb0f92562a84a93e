#include "imgtools/bytes/guid.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

// Byte numbers in the order in which the text shows them.
constexpr std::array<std::size_t, 16> text_order{3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15};

bool dash_before(std::size_t shown) {
  return shown == 4 || shown == 6 || shown == 8 || shown == 10;
}

}  // namespace

Guid guid_at(const ByteView& view, std::size_t at) {
  Guid guid;
  const auto bytes = view.slice(at, guid.bytes.size()).span();
  std::copy(bytes.begin(), bytes.end(), guid.bytes.begin());
  return guid;
}

std::string to_string(const Guid& guid) {
  std::string text;
  for (std::size_t i = 0; i < text_order.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += fmt::format("{:02x}", guid.bytes[text_order[i]]);
  }
  return text;
}

std::optional<Guid> parse_guid(std::string_view text) {
  if (text.size() >= 2 && text.front() == '{' && text.back() == '}') {
    text = text.substr(1, text.size() - 2);
  }
  if (text.size() != 36) return std::nullopt;
  Guid guid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < text_order.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    guid.bytes[text_order[i]] = static_cast<std::uint8_t>(high * 16 + low);
    at += 2;
  }
  return guid;
}

}  // namespace goldhive
