#include "src/hive/hive.h"

#include <utility>

#include "src/hive/hive_file.h"

namespace goldhive::hive {

Hive::Hive(std::shared_ptr<const HiveFile> file, Key root)
    : file_(std::move(file)), root_(std::move(root)) {}

Hive Hive::open(std::shared_ptr<const ByteSource> source) {
  auto file = std::make_shared<const HiveFile>(std::move(source));
  const CellOffset cell = file->base_block().root_cell;
  KeyNode node = file->key_node(cell);
  file->require_security(cell, node);
  Key root(file, cell, std::move(node));
  return Hive(std::move(file), std::move(root));
}

const BaseBlock& Hive::base_block() const { return file_->base_block(); }
const ByteSource& Hive::source() const { return file_->source(); }

}  // namespace goldhive::hive
