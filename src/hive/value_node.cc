#include "src/hive/value_node.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "src/hive/big_data.h"

namespace goldhive::hive {

bool ValueFields::is_big(std::uint32_t minor_version) const {
  return !is_inline() && minor_version >= big_data_since && data_length() > big_data_segment;
}

Bytes ValueFields::inline_data(const ByteView& content) const {
  if (data_length() > max_inline_data) {
    throw Error::corrupt(std::string(content.name()), content.origin() + vk::data_length,
                         "bad length of inline data", "at most 4 bytes",
                         fmt::format("{:#x} bytes", data_length()));
  }
  const auto data = content.slice(vk::data, data_length()).span();
  return Bytes(data.begin(), data.end());
}

void value_name_beyond_cell(const ByteView& content, std::uint16_t length) {
  throw Error::corrupt(std::string(content.name()), content.origin() + vk::name_length,
                       "a value name is longer than its cell",
                       fmt::format("at most {} bytes", content.size() - vk::name),
                       fmt::format("{} bytes", length));
}

void value_cut_off(const ByteView& content) {
  require_signature(content, "vk", "a value");
  parse_value_fields(content);  // throws at the first field that is not there
  throw Error::corrupt(std::string(content.name()), content.origin(), "a value is cut off");
}

ValueNode parse_value_node(const ByteView& content) {
  const ValueView view = parse_value_view(content);
  return ValueNode{view, view.name.decode()};
}

}  // namespace goldhive::hive
