#include "src/hive/key_node.h"

#include <fmt/format.h>

#include "imgtools/error.h"
#include "src/hive/cell.h"
#include "src/hive/cell_name.h"

namespace goldhive::hive {

KeyNode parse_key_node(const ByteView& content) {
  require_signature(content, "nk", "a key node");
  KeyNode node;
  node.flags = content.u16(nk::flags);
  node.last_written = content.u64(nk::last_written);
  node.access_bits = content.u32(nk::access_bits);
  node.parent = content.u32(nk::parent);
  node.subkey_count = content.u32(nk::subkey_count);
  node.volatile_subkey_count = content.u32(nk::volatile_subkey_count);
  node.subkey_list = content.u32(nk::subkey_list);
  node.volatile_subkey_list = content.u32(nk::volatile_subkey_list);
  node.value_count = content.u32(nk::value_count);
  node.value_list = content.u32(nk::value_list);
  node.security = content.u32(nk::security);
  node.class_name = content.u32(nk::class_name);
  node.max_subkey_name = content.u16(nk::max_subkey_name);
  node.user_flags = content.u8(nk::user_flags);
  node.debug = content.u8(nk::debug);
  node.max_subkey_class = content.u32(nk::max_subkey_class);
  node.max_value_name = content.u32(nk::max_value_name);
  node.max_value_data = content.u32(nk::max_value_data);
  node.work_var = content.u32(nk::work_var);
  node.name_length = content.u16(nk::name_length);
  node.class_length = content.u16(nk::class_length);
  if (node.name_length > content.size() - nk::name) {
    throw Error::corrupt(std::string(content.name()), content.origin() + nk::name_length,
                         "a key name is longer than its cell",
                         fmt::format("at most {} bytes", content.size() - nk::name),
                         fmt::format("{} bytes", node.name_length));
  }
  node.name = decode_name(content.slice(nk::name, node.name_length), node.has_compressed_name());
  return node;
}

}  // namespace goldhive::hive
