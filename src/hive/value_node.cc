#include "src/hive/value_node.h"

#include <fmt/format.h>

#include "imgtools/error.h"
#include "src/hive/big_data.h"
#include "src/hive/cell.h"
#include "src/hive/cell_name.h"

namespace goldhive::hive {

bool ValueNode::is_big(std::uint32_t minor_version) const {
  return !is_inline() && minor_version >= big_data_since && data_length() > big_data_segment;
}

Bytes ValueNode::inline_data(const ByteView& content) const {
  if (data_length() > max_inline_data) {
    throw Error::corrupt(std::string(content.name()), content.origin() + vk::data_length,
                         "bad length of inline data", "at most 4 bytes",
                         fmt::format("{:#x} bytes", data_length()));
  }
  const auto data = content.slice(vk::data, data_length()).span();
  return Bytes(data.begin(), data.end());
}

ValueNode parse_value_node(const ByteView& content) {
  require_signature(content, "vk", "a value");
  ValueNode node;
  node.name_length = content.u16(vk::name_length);
  node.raw_data_length = content.u32(vk::data_length);
  node.raw_data = content.u32(vk::data);
  node.type = static_cast<ValueType>(content.u32(vk::type));
  node.flags = content.u16(vk::flags);
  node.spare = content.u16(vk::spare);
  if (node.name_length > content.size() - vk::name) {
    throw Error::corrupt(std::string(content.name()), content.origin() + vk::name_length,
                         "a value name is longer than its cell",
                         fmt::format("at most {} bytes", content.size() - vk::name),
                         fmt::format("{} bytes", node.name_length));
  }
  node.name = decode_name(content.slice(vk::name, node.name_length), node.has_compressed_name());
  return node;
}

}  // namespace goldhive::hive
