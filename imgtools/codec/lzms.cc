#include "imgtools/codec/lzms.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "imgtools/codec/bit_reader.h"
#include "imgtools/codec/content_writer.h"
#include "imgtools/codec/lzms_code.h"
#include "imgtools/codec/lzms_range.h"
#include "imgtools/codec/lzms_x86.h"

namespace goldhive {

namespace {

constexpr std::size_t lzms_literals = 256;
constexpr std::size_t max_offset_symbols = 799;
constexpr std::size_t length_symbols = 54;
constexpr std::size_t power_symbols = 8;
constexpr unsigned often = 512;  ///< how many symbols the small codes last
constexpr unsigned seldom = 1024;
constexpr std::size_t recent_count = 3;

/// The first value of each symbol's range, and how many bits tell which value of it is meant.
template <std::size_t Symbols>
struct Ranges {
  std::array<std::uint32_t, Symbols> bases{};
  std::array<std::uint8_t, Symbols> extra{};
};

/// `runs` says how many ranges of 1, 2, 4, ... values follow each other, from the value 1 on. The
/// last range ends before `end`.
template <std::size_t Symbols, std::size_t Runs>
constexpr Ranges<Symbols> make_ranges(const std::array<std::uint8_t, Runs>& runs,
                                      std::uint32_t end) {
  Ranges<Symbols> ranges;
  std::uint32_t base = 0;
  std::size_t symbol = 0;
  for (unsigned order = 0; order < Runs; ++order) {
    for (unsigned i = 0; i < runs[order]; ++i) {
      base += std::uint32_t{1} << order;
      ranges.bases[symbol++] = base;
    }
  }
  for (std::size_t i = 0; i < Symbols; ++i) {
    const std::uint32_t next = i + 1 < Symbols ? ranges.bases[i + 1] : end;
    ranges.extra[i] = static_cast<std::uint8_t>(std::bit_width(next - ranges.bases[i]) - 1);
  }
  return ranges;
}

constexpr auto offset_ranges = make_ranges<max_offset_symbols>(
    std::to_array<std::uint8_t>(
        {9, 0, 9, 7, 10, 15, 15, 20, 20, 30, 33, 40, 42, 45, 60, 73, 80, 85, 95, 105, 6}),
    0x7fffffff);
constexpr auto length_ranges = make_ranges<length_symbols>(
    std::to_array<std::uint8_t>({27, 4, 6, 4, 5, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1}), 0x400108ab);

/// Those whose range begins within content of `size`, but one at least.
std::size_t offset_symbols_of(std::size_t size) {
  const auto& bases = offset_ranges.bases;
  const auto end = std::lower_bound(bases.begin(), bases.end(), size);
  return std::max<std::size_t>(1, static_cast<std::size_t>(end - bases.begin()));
}

/// What was used last, the newest first. Of the match just before nothing is repeated.
template <class Value>
class RecentValues {
 public:
  void start() {
    for (std::size_t i = 0; i < values_.size(); ++i) values_[i] = static_cast<Value>(i + 1);
  }
  void add(Value value) {
    for (std::size_t i = recent_count; i > 0; --i) values_[i] = values_[i - 1];
    values_[0] = value;
  }
  /// `index`: from 0 to 2. The value becomes the newest.
  Value repeat(std::size_t index, bool match_before) {
    const std::size_t at = index + (match_before ? 1 : 0);
    const Value value = values_[at];
    if (at > 2) values_[3] = values_[2];
    if (at > 1) values_[2] = values_[1];
    if (at > 0) values_[1] = values_[0];
    values_[0] = value;
    return value;
  }

 private:
  std::array<Value, recent_count + 1> values_{};
};

class LzmsDecoder final : public ChunkDecoder {
 public:
  ChunkFault decode(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (in.size() % 2 != 0 || in.size() < 4) return ChunkFault::bad_size;
    start(out.size());
    const ChunkFault fault = decode_items(in, out);
    if (fault == ChunkFault::none) x86_.undo(out);
    return fault;
  }

 private:
  enum class Item { literal, lz_match, delta_match };
  struct Delta {
    std::uint32_t power = 0;
    std::uint32_t offset = 0;
    Delta() = default;
    explicit Delta(std::size_t first_offset) : offset(static_cast<std::uint32_t>(first_offset)) {}
    Delta(std::uint32_t its_power, std::uint32_t its_offset)
        : power(its_power), offset(its_offset) {}
  };

  void start(std::size_t size) {
    const std::size_t offset_symbols = offset_symbols_of(size);
    literals_.start(lzms_literals, seldom);
    lz_offsets_.start(offset_symbols, seldom);
    delta_offsets_.start(offset_symbols, seldom);
    lengths_.start(length_symbols, often);
    powers_.start(power_symbols, often);
    is_match_.start();
    is_delta_.start();
    lz_choice_.start();
    delta_choice_.start();
    recent_offsets_.start();
    recent_deltas_.start();
  }

  ChunkFault decode_items(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) {
    RangeReader decisions(in);
    BackwardBitReader bits(in);
    ContentWriter content(out);
    Item before = Item::literal;
    ChunkFault fault = ChunkFault::none;
    while (!content.full()) {
      bits.refill();
      if (!is_match_.decide(decisions)) {
        content.put(static_cast<std::uint8_t>(literals_.symbol(bits)));
        before = Item::literal;
        continue;
      }
      if (!is_delta_.decide(decisions)) {
        const std::size_t offset = lz_offset(decisions, bits, before == Item::lz_match);
        fault = content.repeat(offset, match_length(bits));
        before = Item::lz_match;
      } else {
        const Delta delta = this->delta(decisions, bits, before == Item::delta_match);
        fault = repeat_delta(delta, match_length(bits), content);
        before = Item::delta_match;
      }
      if (fault != ChunkFault::none) break;
      if (bits.overdrawn() || decisions.overdrawn()) break;
    }
    return bits.overdrawn() || decisions.overdrawn() ? ChunkFault::cut_off : fault;
  }

  std::size_t lz_offset(RangeReader& decisions, BackwardBitReader& bits, bool match_before) {
    const unsigned choice = lz_choice_.decide(decisions);
    if (choice != 0) return recent_offsets_.repeat(choice - 1, match_before);
    const std::uint32_t offset = value_of(lz_offsets_, offset_ranges, bits);
    recent_offsets_.add(offset);
    return offset;
  }

  Delta delta(RangeReader& decisions, BackwardBitReader& bits, bool match_before) {
    const unsigned choice = delta_choice_.decide(decisions);
    if (choice != 0) return recent_deltas_.repeat(choice - 1, match_before);
    const std::uint32_t power = powers_.symbol(bits);
    bits.refill();
    const Delta delta(power, value_of(delta_offsets_, offset_ranges, bits));
    recent_deltas_.add(delta);
    return delta;
  }

  std::size_t match_length(BackwardBitReader& bits) {
    bits.refill();
    return value_of(lengths_, length_ranges, bits);
  }

  /// Up to 45 bits must be ready.
  template <class Code, std::size_t Symbols>
  static std::uint32_t value_of(Code& code, const Ranges<Symbols>& ranges,
                                BackwardBitReader& bits) {
    const unsigned symbol = code.symbol(bits);
    return ranges.bases[symbol] + bits.take(ranges.extra[symbol]);
  }

  /// Each byte differs from the one `span` before as the one `offset` before did.
  static ChunkFault repeat_delta(const Delta& delta, std::size_t length, ContentWriter& content) {
    const std::size_t span = std::size_t{1} << delta.power;
    const std::uint64_t offset = std::uint64_t{delta.offset} << delta.power;
    if (offset + span > content.written()) return ChunkFault::match_before_start;
    if (length > content.room()) return ChunkFault::match_beyond_end;
    content.repeat_differences(static_cast<std::size_t>(offset), span, length);
    return ChunkFault::none;
  }

  LzmsCode<lzms_literals, 10> literals_;
  LzmsCode<max_offset_symbols, 11> lz_offsets_;
  LzmsCode<max_offset_symbols, 11> delta_offsets_;
  LzmsCode<length_symbols, 9> lengths_;
  LzmsCode<power_symbols, 7> powers_;
  Decision<16> is_match_;
  Decision<32> is_delta_;
  Choice lz_choice_;
  Choice delta_choice_;
  RecentValues<std::uint32_t> recent_offsets_;
  RecentValues<Delta> recent_deltas_;
  LzmsX86 x86_;
};

}  // namespace

std::unique_ptr<ChunkDecoder> make_lzms_decoder() { return std::make_unique<LzmsDecoder>(); }

}  // namespace goldhive
