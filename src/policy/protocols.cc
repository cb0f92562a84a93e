#include "src/policy/protocols.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "src/policy/suggest.h"

namespace goldhive::policy {

std::string describe_bits(std::uint32_t bits) {
  if (bits == 0) return "none";
  std::string text;
  for (const Protocol& p : protocols) {
    if ((bits & p.bit) == 0) continue;
    if (!text.empty()) text += ", ";
    text += p.name;
  }
  if (const std::uint32_t rest = bits & ~all_bits; rest != 0) {
    if (!text.empty()) text += ", ";
    text += fmt::format("undefined bits {:#x}", rest);
  }
  return text;
}

std::optional<std::uint32_t> protocol_bit(std::string_view word) {
  for (const Protocol& p : protocols) {
    if (p.word == word) return p.bit;
  }
  return std::nullopt;
}

std::uint32_t parse_protocol_list(std::string_view text) {
  std::uint32_t bits = 0;
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string_view word = text.substr(at, comma - at);
    const auto bit = protocol_bit(word);
    if (!bit) {
      std::vector<std::string_view> words;
      for (const Protocol& p : protocols) words.push_back(p.word);
      throw Error(ErrorKind::usage,
                  fmt::format("'{}' is not a protocol{}", word, did_you_mean(word, words)));
    }
    bits |= *bit;
    at = comma + 1;
  }
  return bits;
}

}  // namespace goldhive::policy
