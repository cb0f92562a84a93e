// Bits of a chunk. All three compressions keep them in little-endian units of 16 bits, the highest
// bit of a unit first; LZMS has a second stream of bits that starts at the end of the chunk and
// takes its units backwards.
//
// A reader holds up to 64 bits, so that one refill serves a whole match. Beyond the end of the
// chunk there are zeros, which are counted: so nothing is checked for each bit, and a chunk that is
// cut off is known in the end.
//
// Everything here is inline and meant to be a local variable of a decoder's loop: as a member, it
// would be written to memory for every byte of content.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace goldhive {

inline std::uint16_t load_unit(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] | (at[1] << 8));
}

inline std::uint64_t load_four_units(const std::uint8_t* at) {
  std::uint64_t value = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&value, at, sizeof value);
  } else {
    for (unsigned i = 0; i < 8; ++i) value |= std::uint64_t{at[i]} << (8 * i);
  }
  return value;
}

/// Units from the start of the chunk on.
class ForwardUnits {
 public:
  explicit ForwardUnits(std::span<const std::uint8_t> in)
      : begin_(in.data()), next_(begin_), end_(begin_ + in.size()) {}

  std::size_t bytes_left() const { return static_cast<std::size_t>(end_ - next_); }
  /// Asks for 8 bytes left. The unit that comes first is the highest.
  std::uint64_t next_four() const {
    const std::uint64_t units = load_four_units(next_);
    const std::uint64_t swapped = (units >> 32) | (units << 32);
    constexpr std::uint64_t low = 0x0000ffff0000ffff;
    return ((swapped >> 16) & low) | ((swapped & low) << 16);
  }
  /// Asks for 2 bytes left.
  std::uint16_t next_one() const { return load_unit(next_); }
  void advance(std::size_t units) { next_ += 2 * units; }

  const std::uint8_t* place() const { return next_; }
  void advance_bytes(std::size_t bytes) { next_ += bytes; }
  void go_back(std::size_t units) { next_ -= 2 * units; }

 private:
  const std::uint8_t* begin_;
  const std::uint8_t* next_;
  const std::uint8_t* end_;
};

/// Units from the end of the chunk on, backwards.
class BackwardUnits {
 public:
  explicit BackwardUnits(std::span<const std::uint8_t> in)
      : begin_(in.data()), next_(begin_ + in.size()) {}

  std::size_t bytes_left() const { return static_cast<std::size_t>(next_ - begin_); }
  std::uint64_t next_four() const { return load_four_units(next_ - 8); }
  std::uint16_t next_one() const { return load_unit(next_ - 2); }
  void advance(std::size_t units) { next_ -= 2 * units; }

 private:
  const std::uint8_t* begin_;
  const std::uint8_t* next_;
};

template <class Units>
class BitReader {
 public:
  /// So many bits are ready after refill().
  static constexpr unsigned refilled = 48;

  explicit BitReader(std::span<const std::uint8_t> in) : units_(in) {}

  void refill() {
    if (units_.bytes_left() >= 8) [[likely]] {
      // Also sets some bits beyond ready_: those of the next unit, which will be set to the same.
      bits_ |= units_.next_four() >> ready_;
      const unsigned units = (63 - ready_) / 16;
      units_.advance(units);
      ready_ += 16 * units;
    } else {
      refill_near_end();
    }
  }

  /// The next bits, 1 to 32 of them; they must be ready.
  std::uint32_t peek(unsigned count) const {
    return static_cast<std::uint32_t>(bits_ >> (64 - count));
  }
  void skip(unsigned count) {
    bits_ <<= count;
    ready_ -= count;
  }
  /// 0 to 32 bits; they must be ready.
  std::uint32_t take(unsigned count) {
    const auto value = static_cast<std::uint32_t>((bits_ >> 1) >> (63 - count));
    skip(count);
    return value;
  }

  /// Whether bits were taken that the chunk has not got.
  bool overdrawn() const { return ready_ < 16 * beyond_; }

 protected:
  void refill_near_end() {
    while (ready_ < refilled) {
      if (units_.bytes_left() >= 2) {
        bits_ |= std::uint64_t{units_.next_one()} << (48 - ready_);
        units_.advance(1);
      } else {
        ++beyond_;
      }
      ready_ += 16;
    }
  }

  Units units_;
  std::uint64_t bits_ = 0;  ///< the next bit is the highest
  unsigned ready_ = 0;      ///< how many bits count
  std::size_t beyond_ = 0;  ///< units of zeros behind the end that were made ready
};

using BackwardBitReader = BitReader<BackwardUnits>;

/// Bits from the start on, with whole bytes among them: these stand behind the units that a reader
/// has taken so far which takes no more units than it needs.
class ForwardBitReader : public BitReader<ForwardUnits> {
 public:
  using BitReader::BitReader;

  /// A byte behind the units that hold the next `ahead` bits. It is 0 beyond the end.
  std::uint8_t take_byte(unsigned ahead) {
    give_back_units(ahead);
    if (units_.bytes_left() == 0) {
      cut_off_ = true;
      return 0;
    }
    const std::uint8_t byte = *units_.place();
    units_.advance_bytes(1);
    return byte;
  }

  /// Skips the rest of a unit, or a whole one if no bit of it was taken. Bytes follow.
  void skip_to_bytes() {
    refill();
    skip(ready_ % 16 == 0 ? 16 : ready_ % 16);
    give_back_units(0);
  }
  /// Asks that whole bytes come next. Empty if there are not so many.
  std::span<const std::uint8_t> take_bytes(std::size_t count) {
    if (units_.bytes_left() < count) {
      cut_off_ = true;
      return {};
    }
    const std::span<const std::uint8_t> bytes(units_.place(), count);
    units_.advance_bytes(count);
    return bytes;
  }
  /// Asks that whole bytes come next. The last block needs no padding.
  void skip_padding_byte() {
    if (units_.bytes_left() != 0) units_.advance_bytes(1);
  }

  bool cut_off() const { return cut_off_ || overdrawn(); }

 private:
  /// Keeps of the units that are ready those which hold the next `ahead` bits.
  void give_back_units(unsigned ahead) {
    if (ready_ < ahead + 16) return;
    std::size_t units = (ready_ - ahead) / 16;
    ready_ -= static_cast<unsigned>(16 * units);
    bits_ = ready_ == 0 ? 0 : bits_ >> (64 - ready_) << (64 - ready_);
    const std::size_t zeros = units < beyond_ ? units : beyond_;
    beyond_ -= zeros;
    units_.go_back(units - zeros);
  }

  bool cut_off_ = false;
};

}  // namespace goldhive
