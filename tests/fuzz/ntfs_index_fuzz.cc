// A node of a folder's index: byte 0 says whether it is a root or a block, and of which size.
#include <cstdlib>

#include "imgtools/ntfs/index_node.h"
#include "tests/fuzz/attempt.h"

using namespace goldhive;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Bytes node(data + 1, data + size);
  fuzz::attempt([&] {
    if ((data[0] & 1) != 0) {
      const auto root = ntfs::parse_index_root(ByteView(node, 0, "root"), 4096);
      if (root.node.entries.empty() || root.node.entries.back().name) std::abort();
    } else {
      node.resize(512U << (data[0] >> 1) % 4);
      const auto block = ntfs::parse_index_block(std::move(node), 0, "block", data[0] >> 4);
      if (block.entries.empty() || block.entries.back().name) std::abort();
    }
  });
  return 0;
}
