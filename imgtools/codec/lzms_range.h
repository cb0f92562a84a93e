// The decisions of LZMS: a range coder with two outcomes, whose probabilities follow what came out.
//
// A decision of one kind remembers its last outcomes, as many as its number of states has bits.
// Each state has its own probability: how many of the last 64 decisions in this state came out as
// 0. It starts as if 48 of them had, and is never less than 1 nor more than 63 of 64.
//
// Source: as for lzms.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "imgtools/codec/bit_reader.h"

namespace goldhive {

/// Meant to be a local variable of a decoder's loop, as the readers of bits are.
class RangeReader {
 public:
  explicit RangeReader(std::span<const std::uint8_t> in) : units_(in) {
    code_ = next_unit() << 16;
    code_ |= next_unit();
  }

  /// True (1) or false (0), the latter with a probability of `zeros` in 64.
  bool decide(std::uint32_t zeros) {
    if (range_ <= 0xffff) {
      range_ <<= 16;
      code_ = code_ << 16 | next_unit();
    }
    const std::uint32_t bound = (range_ >> 6) * zeros;
    if (code_ < bound) {
      range_ = bound;
      return false;
    }
    range_ -= bound;
    code_ -= bound;
    return true;
  }

  /// Whether decisions were made from units that the chunk has not got. Two more than those that
  /// decide may be taken.
  bool overdrawn() const { return beyond_ > 2; }

 private:
  std::uint32_t next_unit() {
    if (units_.bytes_left() < 2) [[unlikely]] {
      ++beyond_;
      return 0;
    }
    const std::uint32_t unit = units_.next_one();
    units_.advance(1);
    return unit;
  }

  ForwardUnits units_;
  std::uint32_t range_ = 0xffffffff;
  std::uint32_t code_ = 0;
  std::size_t beyond_ = 0;
};

/// One kind of decision.
template <unsigned States>
class Decision {
 public:
  void start() {
    state_ = 0;
    histories_.fill({});
  }

  bool decide(RangeReader& reader) {
    History& history = histories_[state_];
    state_ = state_ * 2 % States;
    // By branches, as the caller branches, too: what comes next is then not waited for.
    if (reader.decide(history.zeros_in_64())) {
      history.add(1);
      state_ |= 1;
      return true;
    }
    history.add(0);
    return false;
  }

 private:
  class History {
   public:
    std::uint32_t zeros_in_64() const { return bounded_zeros_; }
    void add(std::uint32_t outcome) {
      zeros_ += static_cast<std::uint32_t>(outcomes_ >> 63) - outcome;
      outcomes_ = outcomes_ << 1 | outcome;
      bounded_zeros_ = zeros_ == 0 ? 1 : zeros_ - zeros_ / 64;
    }

   private:
    std::uint64_t outcomes_ = 0x55555555;  ///< the newest is the lowest bit
    std::uint32_t zeros_ = 48;
    std::uint32_t bounded_zeros_ = 48;  ///< from 1 to 63
  };

  std::uint32_t state_ = 0;
  std::array<History, States> histories_;
};

/// What a match repeats: 0 is nothing, 1 to 3 one of the values used last.
class Choice {
 public:
  void start() {
    repeats_.start();
    not_first_.start();
    not_second_.start();
  }
  unsigned decide(RangeReader& reader) {
    if (!repeats_.decide(reader)) return 0;
    if (!not_first_.decide(reader)) return 1;
    return not_second_.decide(reader) ? 3 : 2;
  }

 private:
  Decision<64> repeats_;
  Decision<64> not_first_;
  Decision<64> not_second_;
};

}  // namespace goldhive
