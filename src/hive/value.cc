#include <utility>

#include "imgtools/bytes/text.h"
#include "src/hive/hive.h"
#include "src/hive/hive_file.h"
#include "src/hive/value_node.h"

namespace goldhive::hive {

Value::Value(std::shared_ptr<const HiveFile> file, CellOffset cell, ValueNode node)
    : file_(std::move(file)),
      node_(std::make_shared<const ValueNode>(std::move(node))),
      cell_(cell) {}

const std::u16string& Value::name() const { return node_->name; }
std::string Value::name_utf8() const { return to_utf8(node_->name); }
ValueType Value::type() const { return node_->type; }
std::uint32_t Value::size() const { return node_->data_length(); }
Bytes Value::data() const { return file_->value_data(*node_, cell_); }

}  // namespace goldhive::hive
