#include "src/hive/key_node.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

void key_name_beyond_cell(const ByteView& content, std::uint16_t length) {
  throw Error::corrupt(std::string(content.name()), content.origin() + nk::name_length,
                       "a key name is longer than its cell",
                       fmt::format("at most {} bytes", content.size() - nk::name),
                       fmt::format("{} bytes", length));
}

void key_cut_off(const ByteView& content) {
  require_signature(content, "nk", "a key node");
  parse_key_fields(content);  // throws at the first field that is not there
  throw Error::corrupt(std::string(content.name()), content.origin(), "a key node is cut off");
}

KeyNode parse_key_node(const ByteView& content) {
  const KeyView view = parse_key_view(content);
  return KeyNode{view, view.name.decode()};
}

}  // namespace goldhive::hive
