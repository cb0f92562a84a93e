#include "imgtools/bytes/text.h"

namespace goldhive {

namespace {

constexpr char16_t replacement = 0xfffd;

bool is_high_surrogate(char16_t c) { return c >= 0xd800 && c < 0xdc00; }
bool is_low_surrogate(char16_t c) { return c >= 0xdc00 && c < 0xe000; }

void append_utf8(std::string& out, char32_t c) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | (c >> 6));
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | (c >> 12));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18));
    put(0x80 | ((c >> 12) & 0x3f));
    put(0x80 | ((c >> 6) & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

void append_utf16(std::u16string& out, char32_t c) {
  if (c < 0x10000) {
    out.push_back(static_cast<char16_t>(c));
  } else {
    out.push_back(static_cast<char16_t>(0xd800 + ((c - 0x10000) >> 10)));
    out.push_back(static_cast<char16_t>(0xdc00 + ((c - 0x10000) & 0x3ff)));
  }
}

}  // namespace

std::span<const std::uint8_t> text_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at++);
  if (lead < 0x80) return lead;
  std::size_t more = 0;
  char32_t c = 0;
  // Bounds of the second byte: they keep out overlong forms, surrogates and what is above U+10FFFF.
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  if (lead >= 0xc2 && lead <= 0xdf) {
    more = 1;
    c = lead & 0x1f;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    more = 2;
    c = lead & 0x0f;
    if (lead == 0xe0) low = 0xa0;
    if (lead == 0xed) high = 0x9f;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    more = 3;
    c = lead & 0x07;
    if (lead == 0xf0) low = 0x90;
    if (lead == 0xf4) high = 0x8f;
  } else {
    return replacement;
  }
  for (; more > 0; --more) {
    if (at == text.size() || byte(at) < low || byte(at) > high) return replacement;
    c = (c << 6) | (byte(at++) & 0x3f);
    low = 0x80;
    high = 0xbf;
  }
  return c;
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (is_high_surrogate(text[i]) && i + 1 < text.size() && is_low_surrogate(text[i + 1])) {
      c = 0x10000 + ((c - 0xd800) << 10) + (text[++i] - 0xdc00u);
    } else if (is_high_surrogate(text[i]) || is_low_surrogate(text[i])) {
      c = replacement;
    }
    append_utf8(out, c);
  }
  return out;
}

std::u16string to_utf16(std::string_view text) {
  std::u16string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) append_utf16(out, next_code_point(text, at));
  return out;
}

std::u16string utf16_from_bytes(std::span<const std::uint8_t> bytes) {
  std::u16string out;
  utf16_from_bytes(bytes, out);
  return out;
}

void utf16_from_bytes(std::span<const std::uint8_t> bytes, std::u16string& out) {
  out.resize(bytes.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<char16_t>(bytes[2 * i] | (bytes[2 * i + 1] << 8));
  }
}

std::string first_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < most; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > most) text += " and " + std::to_string(names.size() - most) + " more";
  return text;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::uint64_t> hex_number(std::string_view digits) {
  constexpr std::size_t longest = 16;
  if (digits.empty() || digits.size() > longest) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    const int digit = hex_digit(c);
    if (digit < 0) return std::nullopt;
    number = (number << 4) | static_cast<std::uint64_t>(digit);
  }
  return number;
}

std::string hex_list(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string list;
  for (const std::uint8_t byte : bytes) {
    if (!list.empty()) list += ',';
    list += digits[byte >> 4];
    list += digits[byte & 0xf];
  }
  return list;
}

std::optional<std::vector<std::uint8_t>> bytes_of_hex_list(std::string_view list) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t at = 0; at < list.size(); at += 3) {
    const std::string_view pair = list.substr(at, 2);
    const bool is_last = at + pair.size() == list.size();
    const bool separated = is_last || (list[at + 2] == ',' && at + 3 < list.size());
    const auto byte = pair.size() == 2 ? hex_number(pair) : std::nullopt;
    if (!byte || !separated) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*byte));
  }
  return bytes;
}

}  // namespace goldhive
