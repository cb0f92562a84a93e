// Where a decoder writes its content: literals, and matches, which repeat what was written before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "imgtools/codec/chunk_decoder.h"

namespace goldhive {

/// Meant to be a local variable of a decoder's loop, as the readers of bits are.
class ContentWriter {
 public:
  explicit ContentWriter(std::span<std::uint8_t> out)
      : begin_(out.data()), next_(begin_), end_(begin_ + out.size()) {}

  bool full() const { return next_ == end_; }
  std::size_t written() const { return static_cast<std::size_t>(next_ - begin_); }
  std::size_t room() const { return static_cast<std::size_t>(end_ - next_); }
  /// Writes the next `size` bytes; asks for room.
  ContentWriter first(std::size_t size) const {
    ContentWriter part = *this;
    part.end_ = next_ + size;
    return part;
  }
  /// For what another writer has written.
  void advance(std::size_t size) { next_ += size; }

  /// Asks for room.
  void put(std::uint8_t byte) { *next_++ = byte; }
  /// Asks for room.
  void put(std::span<const std::uint8_t> bytes) {
    std::memcpy(next_, bytes.data(), bytes.size());
    next_ += bytes.size();
  }

  /// Repeats `length` bytes from `offset` before the next one; offset and length are at least 1.
  ChunkFault repeat(std::size_t offset, std::size_t length) {
    if (offset > written()) [[unlikely]]
      return ChunkFault::match_before_start;
    if (length > room()) [[unlikely]]
      return ChunkFault::match_beyond_end;
    if (room() - length >= slack && offset >= word) [[likely]] {
      repeat_by_words(offset, length);
    } else {
      repeat_close_or_late(offset, length);
    }
    next_ += length;
    return ChunkFault::none;
  }

  /// Writes `length` bytes, each of which differs from the one `span` before as the byte `offset`
  /// before it did. Asks for room, and for offset + span bytes before.
  void repeat_differences(std::size_t offset, std::size_t span, std::size_t length) {
    for (const std::uint8_t* const end = next_ + length; next_ != end; ++next_) {
      const std::uint8_t* const before = next_ - offset;
      *next_ = static_cast<std::uint8_t>(*before + *(next_ - span) - *(before - span));
    }
  }

 private:
  static constexpr std::size_t word = 8;
  /// How far behind a match repeat_by_words() writes.
  static constexpr std::size_t slack = 2 * word;

  static void copy_word(std::uint8_t* to, const std::uint8_t* from) { std::memcpy(to, from, word); }

  void repeat_by_words(std::size_t offset, std::size_t length) const {
    const std::uint8_t* from = next_ - offset;
    std::uint8_t* to = next_;
    copy_word(to, from);
    copy_word(to + word, from + word);
    for (std::size_t done = 2 * word; done < length; done += word) {
      copy_word(to + done, from + done);
    }
  }

  void repeat_close_or_late(std::size_t offset, std::size_t length) const {
    std::uint8_t* const to = next_;
    const std::uint8_t* const from = next_ - offset;
    std::size_t done = 0;
    if (room() - length >= slack) {
      // From its second period on, what has a short period repeats a longer one, too.
      std::size_t periods = offset;
      while (periods < word) periods += offset;
      const std::size_t ahead = periods - offset;
      for (; done < length && done < ahead; ++done) to[done] = from[done];
      for (; done < length; done += word) copy_word(to + done, to + (done - ahead) - offset);
    }
    for (; done < length; ++done) to[done] = from[done];
  }

  std::uint8_t* begin_;
  std::uint8_t* next_;
  std::uint8_t* end_;
};

}  // namespace goldhive
