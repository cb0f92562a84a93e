#include "tests/imgtools/codec/corpora.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>

namespace goldhive::testing {

namespace {

/// The same numbers with every standard library.
class Numbers {
 public:
  std::uint32_t below(std::uint32_t limit) {
    state_ = state_ * 6364136223846793005 + 1442695040888963407;
    return static_cast<std::uint32_t>((state_ >> 33) % limit);
  }

 private:
  std::uint64_t state_ = 20100222;
};

void add(Bytes& out, std::string_view bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void add_u32(Bytes& out, std::uint32_t value) {
  for (unsigned i = 0; i < 4; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void zeros(Bytes& out, Numbers&) { out.resize(out.size() + 4096); }

void text(Bytes& out, Numbers& numbers) {
  constexpr std::string_view words[] = {"policy ", "hive ",    "the ", "Windows ", "of ",
                                        "TLS ",    "protocol", ".\n",  "patched ", "a "};
  add(out, words[numbers.below(10)]);
  if (numbers.below(9) == 0) out.push_back(static_cast<std::uint8_t>('A' + numbers.below(26)));
}

void random(Bytes& out, Numbers& numbers) {
  out.push_back(static_cast<std::uint8_t>(numbers.below(256)));
}

/// Packs to codes of few symbols, which an encoder rarely sees.
void skewed(Bytes& out, Numbers& numbers) {
  std::uint8_t byte = 0;
  while (byte < 200 && numbers.below(3) != 0) ++byte;
  out.push_back(byte);
}

/// Matches of every small offset and of lengths around those where a length goes on elsewhere.
void runs(Bytes& out, Numbers& numbers) {
  const std::size_t period = 1 + numbers.below(20);
  const std::size_t start = out.size();
  for (std::size_t i = 0; i < period; ++i) random(out, numbers);
  for (std::size_t left = numbers.below(600); left > 0; --left) {
    out.push_back(out[out.size() - period]);
  }
  if (start % 7 == 0) out.resize(out.size() + 70'000, 0x55);
}

/// Instructions that LZX and LZMS change, with few targets and with many, and bytes that look
/// alike.
void machine_code(Bytes& out, Numbers& numbers) {
  constexpr std::string_view opcodes[] = {"\xe8",         "\xe9",         "\x48\x8b\x05",
                                          "\xff\x15",     "\x48\x8d\x0d", "\x4c\x8d\x2d",
                                          "\x48\x8b\x0d", "\x48\x8b\x15"};
  const std::uint32_t kind = numbers.below(12);
  if (kind < 8) add(out, opcodes[kind]);
  if (kind == 8) add(out, {"\xf0\x83\x05", 3});
  const auto here = static_cast<std::uint32_t>(out.size());
  add_u32(out,
          numbers.below(4) == 0 ? numbers.below(1U << 31) * 2 : numbers.below(12) * 0x1230 - here);
  for (std::uint32_t i = numbers.below(numbers.below(8) == 0 ? 900 : 12); i > 0; --i) {
    add(out, std::string_view("\x55\x8b\xec\x83\xe8\x48\xe8\xff\x90\x33", 10)
                 .substr(numbers.below(10), 1));
  }
}

/// Tables of numbers that grow evenly: the delta matches of LZMS.
void tables(Bytes& out, Numbers& numbers) {
  const std::uint32_t step = 1 + numbers.below(700);
  const std::uint32_t kinds = 1 + numbers.below(4);
  std::uint32_t value = numbers.below(1U << 30);
  for (std::uint32_t i = 10 + numbers.below(60); i > 0; --i) {
    value += step;
    add_u32(out, value);
    for (std::uint32_t kind = 1; kind < kinds; ++kind) add_u32(out, kind * 1000);
  }
}

/// Cells as in a registry hive.
void cells(Bytes& out, Numbers& numbers) {
  const std::string name = "Value" + std::to_string(numbers.below(300));
  add_u32(out, 0xffffffd8);
  add(out, "vk");
  out.push_back(static_cast<std::uint8_t>(name.size()));
  out.push_back(0);
  add_u32(out, 4 + numbers.below(3) * 0x7ffffffe);
  add_u32(out, numbers.below(5000) * 8);
  add_u32(out, 1 + numbers.below(4));
  add_u32(out, 1);
  add(out, name);
  out.resize((out.size() + 7) / 8 * 8);
}

using Maker = void (*)(Bytes&, Numbers&);

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all = {
      {"zeros", zeros}, {"text", text},         {"random", random}, {"skewed", skewed},
      {"runs", runs},   {"code", machine_code}, {"tables", tables}, {"cells", cells}};
  return all;
}

}  // namespace

const std::vector<std::string>& corpora() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all{"mixed"};
    for (const auto& [name, maker] : makers()) all.push_back(name);
    return all;
  }();
  return names;
}

Bytes content_of(const std::string& corpus, std::size_t size) {
  Numbers numbers;
  Bytes out;
  out.reserve(size + 80'000);
  auto next = makers().begin();
  while (out.size() < size) {
    if (corpus != "mixed") {
      makers().at(corpus)(out, numbers);
      continue;
    }
    for (int i = 0; i < 100; ++i) next->second(out, numbers);
    if (++next == makers().end()) next = makers().begin();
  }
  out.resize(size);
  return out;
}

}  // namespace goldhive::testing
