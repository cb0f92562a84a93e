// Checked big-endian reads, for VHD and qcow2.
#pragma once

#include "imgtools/bytes/bytes.h"

namespace goldhive {

inline std::uint32_t be32(const ByteView& view, std::size_t at) {
  const std::uint32_t v = view.u32(at);
  return (v >> 24) | ((v >> 8) & 0xff00) | ((v << 8) & 0xff0000) | (v << 24);
}

inline std::uint64_t be64(const ByteView& view, std::size_t at) {
  return (static_cast<std::uint64_t>(be32(view, at)) << 32) | be32(view, at + 4);
}

}  // namespace goldhive
