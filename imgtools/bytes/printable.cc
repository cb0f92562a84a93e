#include "imgtools/bytes/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/text.h"

namespace goldhive {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Control characters, marks of direction, and characters without width, in ascending order. Marks
/// of direction are Unicode's Bidi_Control (PropList.txt). Characters without width are its
/// Default_Ignorable_Code_Point (DerivedCoreProperties.txt), with the separators of lines and
/// paragraphs and the marks of annotations.
constexpr std::array escaped = {
    Range{0x00, 0x1f},       Range{0x7f, 0x9f},       Range{0xad, 0xad},
    Range{0x34f, 0x34f},     Range{0x61c, 0x61c},     Range{0x115f, 0x1160},
    Range{0x17b4, 0x17b5},   Range{0x180b, 0x180f},   Range{0x200b, 0x200f},
    Range{0x2028, 0x202e},   Range{0x2060, 0x206f},   Range{0x3164, 0x3164},
    Range{0xfe00, 0xfe0f},   Range{0xfeff, 0xfeff},   Range{0xffa0, 0xffa0},
    Range{0xfff0, 0xfffb},   Range{0x1bca0, 0x1bca3}, Range{0x1d173, 0x1d17a},
    Range{0xe0000, 0xe0fff},
};

/// \uNNNN; a character beyond the first plane takes two of them.
std::string json_escape(char32_t c) {
  const auto unit = [](char32_t u) { return fmt::format("\\u{:04x}", static_cast<unsigned>(u)); };
  if (c < 0x10000) return unit(c);
  return unit(0xd800 + ((c - 0x10000) >> 10)) + unit(0xdc00 + ((c - 0x10000) & 0x3ff));
}

}  // namespace

bool must_be_escaped(char32_t c) {
  const auto* const range = std::lower_bound(escaped.begin(), escaped.end(), c,
                                             [](const Range& r, char32_t x) { return r.last < x; });
  return range != escaped.end() && range->first <= c;
}

std::string printable(std::string_view text) {
  // The way through UTF-16 replaces whatever is not UTF-8.
  const std::string valid = to_utf8(to_utf16(text));
  std::string out;
  out.reserve(valid.size());
  for (std::size_t at = 0; at < valid.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(valid, at);
    if (!must_be_escaped(c)) {
      out.append(valid, start, at - start);
    } else if (c < 0x100 && c != 0xad) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += fmt::format("\\u{{{:x}}}", static_cast<unsigned>(c));
    }
  }
  return out;
}

std::string escaped_in_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t start = at;
    const char32_t c = next_code_point(json, at);
    // A raw byte below 0x20 can only be a line feed between tokens: JSON writers escape all others.
    if (c >= 0x20 && must_be_escaped(c)) {
      out += json_escape(c);
    } else {
      out.append(json, start, at - start);
    }
  }
  return out;
}

}  // namespace goldhive
