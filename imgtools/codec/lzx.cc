#include "imgtools/codec/lzx.h"

#include <algorithm>
#include <utility>

#include "imgtools/codec/bit_reader.h"
#include "imgtools/codec/content_writer.h"
#include "imgtools/codec/huffman_table.h"
#include "imgtools/codec/lzx_calls.h"

namespace goldhive {

namespace {

constexpr unsigned literals = 256;
constexpr unsigned max_slots = 50;
constexpr unsigned lengths_per_slot = 8;
constexpr unsigned min_match = 2;
constexpr unsigned recent_slots = 3;
/// From this slot on, an aligned block has a code for the lowest bits.
constexpr unsigned first_aligned_slot = 8;
constexpr unsigned aligned_bits = 3;

constexpr std::size_t default_block_size = 32768;
constexpr std::size_t large_chunk_size = 65536;  ///< from here on block sizes have 24 bits

struct Slot {
  std::uint32_t base = 0;   ///< the least offset
  std::uint32_t extra = 0;  ///< how many bits tell the offset
};

/// The offsets are counted with the recent ones in front: slot 3 starts at an offset of 1.
constexpr std::array<Slot, max_slots> make_slots() {
  std::array<Slot, max_slots> slots{};
  constexpr std::uint32_t most_extra = 17;
  std::uint32_t base = 0;
  for (std::uint32_t i = 0; i < max_slots; ++i) {
    const std::uint32_t extra = i < 4 ? 0 : std::min(i / 2 - 1, most_extra);
    slots[i] = {i < recent_slots ? 0 : base - (recent_slots - 1), extra};
    base += std::uint32_t{1} << extra;
  }
  return slots;
}
constexpr std::array<Slot, max_slots> slots = make_slots();

/// How many slots the main code has: those of the offsets that fit into a chunk, but the largest.
unsigned slots_of(std::size_t chunk_size) {
  unsigned count = recent_slots;
  while (count < max_slots && slots[count].base < chunk_size - min_match) ++count;
  return count;
}

class LzxDecoder final : public ChunkDecoder {
 public:
  explicit LzxDecoder(std::size_t chunk_size)
      : chunk_size_(chunk_size),
        main_symbols_(literals + lengths_per_slot * slots_of(chunk_size)) {}

  ChunkFault decode(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    main_lengths_.fill(0);
    length_lengths_.fill(0);
    recent_ = {1, 1, 1};
    ForwardBitReader bits(in);
    ContentWriter content(out);
    while (!content.full()) {
      const ChunkFault fault = decode_block(bits, content);
      // What comes of zeros behind the end is no fault of its own.
      if (bits.cut_off()) return ChunkFault::cut_off;
      if (fault != ChunkFault::none) return fault;
    }
    undo_lzx_calls(out);
    return ChunkFault::none;
  }

 private:
  enum BlockType { verbatim = 1, aligned = 2, uncompressed = 3 };

  static constexpr std::size_t length_symbols = 249;
  static constexpr std::size_t packing_symbols = 20;
  static constexpr std::size_t aligned_symbols = 1 << aligned_bits;
  static constexpr std::size_t most_main_symbols = literals + lengths_per_slot * max_slots;

  ChunkFault decode_block(ForwardBitReader& bits, ContentWriter& content) {
    bits.refill();
    const unsigned type = bits.take(3);
    std::size_t size = default_block_size;
    if (bits.take(1) == 0) size = bits.take(chunk_size_ < large_chunk_size ? 16 : 24);
    if (type < verbatim || type > uncompressed) return ChunkFault::bad_block_type;
    if (size == 0 || size > content.room()) return ChunkFault::bad_block_size;
    if (type == uncompressed) return copy_block(bits, content, size);
    ChunkFault fault = ChunkFault::none;
    if (type == aligned) fault = read_aligned_code(bits);
    if (fault == ChunkFault::none) fault = read_codes(bits);
    if (fault != ChunkFault::none) return fault;
    return type == aligned ? decode_symbols<true>(bits, content, size)
                           : decode_symbols<false>(bits, content, size);
  }

  ChunkFault copy_block(ForwardBitReader& bits, ContentWriter& content, std::size_t size) {
    bits.skip_to_bytes();
    const std::span<const std::uint8_t> offsets = bits.take_bytes(4 * recent_.size());
    const std::span<const std::uint8_t> bytes = bits.take_bytes(size);
    if (bits.cut_off()) return ChunkFault::cut_off;
    for (std::size_t i = 0; i < recent_.size(); ++i) {
      recent_[i] = load_unit(&offsets[4 * i]) |
                   static_cast<std::uint32_t>(load_unit(&offsets[4 * i + 2]) << 16);
      if (recent_[i] == 0) return ChunkFault::bad_recent_offset;
    }
    content.put(bytes);
    if (size % 2 != 0) bits.skip_padding_byte();
    return ChunkFault::none;
  }

  ChunkFault read_aligned_code(ForwardBitReader& bits) {
    std::array<std::uint8_t, aligned_symbols> lengths;
    bits.refill();
    for (std::uint8_t& length : lengths) length = static_cast<std::uint8_t>(bits.take(3));
    return aligned_code_.build(lengths);
  }

  ChunkFault read_codes(ForwardBitReader& bits) {
    const std::span main(main_lengths_);
    ChunkFault fault = read_lengths(bits, main.first(literals));
    if (fault != ChunkFault::none) return fault;
    fault = read_lengths(bits, main.subspan(literals, main_symbols_ - literals));
    if (fault != ChunkFault::none) return fault;
    fault = main_code_.build(main_lengths_);
    if (fault != ChunkFault::none) return fault;
    fault = read_lengths(bits, length_lengths_);
    if (fault != ChunkFault::none) return fault;
    fault = length_code_.build(length_lengths_);
    return fault == ChunkFault::empty_code ? ChunkFault::none : fault;  // nothing may need it
  }

  /// Changes the lengths of the block before into those of this one.
  ChunkFault read_lengths(ForwardBitReader& bits, std::span<std::uint8_t> lengths) {
    std::array<std::uint8_t, packing_symbols> packing;
    for (std::size_t i = 0; i < packing.size(); ++i) {
      if (i % 12 == 0) bits.refill();
      packing[i] = static_cast<std::uint8_t>(bits.take(4));
    }
    const ChunkFault fault = packing_code_.build(packing);
    if (fault != ChunkFault::none) return fault;
    for (std::size_t done = 0; done < lengths.size();) {
      bits.refill();
      unsigned symbol = packing_code_.symbol(bits);
      std::size_t run = 1;
      std::uint8_t length = 0;
      if (symbol == 17) {
        run = 4 + bits.take(4);
      } else if (symbol == 18) {
        run = 20 + bits.take(5);
      } else {
        if (symbol == 19) {
          run = 4 + bits.take(1);
          symbol = packing_code_.symbol(bits);
          if (symbol >= 17) return ChunkFault::bad_lengths;
        }
        length = static_cast<std::uint8_t>((lengths[done] + 17U - symbol) % 17);
      }
      if (run > lengths.size() - done) return ChunkFault::bad_lengths;
      std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(done), run, length);
      done += run;
    }
    return ChunkFault::none;
  }

  template <bool Aligned>
  ChunkFault decode_symbols(ForwardBitReader& block_bits, ContentWriter& block_content,
                            std::size_t size) {
    // As local variables these stay in registers.
    ForwardBitReader bits = block_bits;
    ContentWriter content = block_content.first(size);
    ChunkFault fault = ChunkFault::none;
    while (!content.full()) {
      bits.refill();
      unsigned symbol = main_code_.symbol(bits);
      if (symbol < literals) {
        content.put(static_cast<std::uint8_t>(symbol));
        if (content.full()) break;
        symbol = main_code_.symbol(bits);
        if (symbol < literals) {
          content.put(static_cast<std::uint8_t>(symbol));
          continue;
        }
      }
      bits.refill();
      symbol -= literals;
      std::size_t length = symbol % lengths_per_slot + min_match;
      if (length == lengths_per_slot - 1 + min_match) {
        const unsigned more = length_code_.symbol(bits);
        if (more == HuffmanRows::no_symbol) {
          fault = ChunkFault::empty_code;
          break;
        }
        length += more;
      }
      fault = content.repeat(offset_of<Aligned>(symbol / lengths_per_slot, bits), length);
      if (fault != ChunkFault::none) break;
    }
    block_bits = bits;
    block_content.advance(size - content.room());
    return fault;
  }

  /// The offset of a match of a slot, which then is the one used last.
  template <bool Aligned>
  std::size_t offset_of(unsigned slot, ForwardBitReader& bits) {
    if (slot < recent_slots) {
      std::swap(recent_[0], recent_[slot]);
      return recent_[0];
    }
    std::uint32_t offset = slots[slot].base;
    if (Aligned && slot >= first_aligned_slot) {
      offset += bits.take(slots[slot].extra - aligned_bits) << aligned_bits;
      offset += aligned_code_.symbol(bits);
    } else {
      offset += bits.take(slots[slot].extra);
    }
    recent_ = {offset, recent_[0], recent_[1]};
    return offset;
  }

  std::size_t chunk_size_;
  std::size_t main_symbols_;
  std::array<std::uint8_t, most_main_symbols> main_lengths_{};
  std::array<std::uint8_t, length_symbols> length_lengths_{};
  std::array<std::uint32_t, recent_slots> recent_{};
  HuffmanTable<most_main_symbols, 11> main_code_;
  HuffmanTable<length_symbols, 10> length_code_;
  HuffmanTable<aligned_symbols, 7> aligned_code_;
  HuffmanTable<packing_symbols, 6> packing_code_;
};

}  // namespace

std::unique_ptr<ChunkDecoder> make_lzx_decoder(std::size_t chunk_size) {
  return std::make_unique<LzxDecoder>(chunk_size);
}

}  // namespace goldhive
