// Fuzz inputs for images of megabytes: the input is not the image but a few edits of one that the
// fixtures make. Byte 0 chooses the image; then come edits of the shape
//   u8 anchor, u16 offset behind it, u8 length - 1 (of 8), the bytes
// where an anchor is a place at which a structure starts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "imgtools/bytes/bytes.h"

namespace goldhive::fuzz {

struct BaseImage {
  Bytes data;
  std::vector<std::size_t> anchors;
};

inline Bytes edited_image(const std::vector<BaseImage>& bases,
                          std::span<const std::uint8_t> input) {
  const BaseImage& base = bases[input.empty() ? 0 : input[0] % bases.size()];
  Bytes image = base.data;
  input = input.subspan(std::min<std::size_t>(input.size(), 1));
  while (input.size() > 4) {
    const std::size_t at =
        base.anchors[input[0] % base.anchors.size()] + input[1] + 256U * input[2];
    const std::size_t length = std::min<std::size_t>(input[3] % 8 + 1, input.size() - 4);
    for (std::size_t i = 0; i < length; ++i) image[(at + i) % image.size()] = input[4 + i];
    input = input.subspan(4 + length);
  }
  return image;
}

}  // namespace goldhive::fuzz
