#include "imgtools/codec/xpress.h"

#include "imgtools/codec/bit_reader.h"
#include "imgtools/codec/content_writer.h"
#include "imgtools/codec/huffman_table.h"

namespace goldhive {

namespace {

constexpr std::size_t xpress_symbols = 512;
constexpr std::size_t xpress_head_size = xpress_symbols / 2;
constexpr unsigned xpress_min_match = 3;
constexpr unsigned xpress_long_length = 15;
/// Bits that the reader of the description has ready at least.
constexpr unsigned xpress_bits_ahead = 16;

class XpressDecoder final : public ChunkDecoder {
 public:
  ChunkFault decode(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) override {
    if (in.size() < xpress_head_size) return ChunkFault::bad_size;
    std::array<std::uint8_t, xpress_symbols> lengths;
    for (std::size_t i = 0; i < xpress_head_size; ++i) {
      lengths[2 * i] = in[i] & 15;
      lengths[2 * i + 1] = in[i] >> 4;
    }
    const ChunkFault fault = code_.build(lengths);
    if (fault != ChunkFault::none) return fault;
    return decode_symbols(in.subspan(xpress_head_size), out);
  }

 private:
  using Code = HuffmanTable<xpress_symbols, 11>;

  ChunkFault decode_symbols(std::span<const std::uint8_t> in, std::span<std::uint8_t> out) const {
    ForwardBitReader bits(in);
    ContentWriter content(out);
    while (!content.full()) {
      bits.refill();
      unsigned symbol = code_.symbol(bits);
      if (symbol < 256) {
        content.put(static_cast<std::uint8_t>(symbol));
        if (content.full()) break;
        symbol = code_.symbol(bits);
        if (symbol < 256) {
          content.put(static_cast<std::uint8_t>(symbol));
          continue;
        }
      }
      bits.refill();
      const std::size_t length = match_length(bits, symbol & 15);
      const unsigned offset_bits = (symbol >> 4) & 15;
      const std::size_t offset = (std::size_t{1} << offset_bits) | bits.take(offset_bits);
      const ChunkFault fault = content.repeat(offset, length);
      if (fault != ChunkFault::none) return bits.cut_off() ? ChunkFault::cut_off : fault;
    }
    return bits.cut_off() ? ChunkFault::cut_off : ChunkFault::none;
  }

  static std::size_t match_length(ForwardBitReader& bits, unsigned start) {
    std::size_t length = start;
    if (length == xpress_long_length) {
      const std::uint8_t more = bits.take_byte(xpress_bits_ahead);
      length += more;
      if (more == 255) {
        const unsigned low = bits.take_byte(xpress_bits_ahead);
        length = low | static_cast<unsigned>(bits.take_byte(xpress_bits_ahead) << 8);
      }
    }
    return length + xpress_min_match;
  }

  Code code_;
};

}  // namespace

std::unique_ptr<ChunkDecoder> make_xpress_decoder() { return std::make_unique<XpressDecoder>(); }

}  // namespace goldhive
