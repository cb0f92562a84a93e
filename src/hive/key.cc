#include <unordered_set>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/cell.h"
#include "src/hive/hive.h"
#include "src/hive/hive_file.h"
#include "src/hive/subkey_search.h"

namespace goldhive::hive {

namespace {

/// Runs `read`; an Error(corrupt) goes to `on_error`, or on upwards if there is none.
template <typename Read>
void step_over_corrupt(const ErrorSink& on_error, Read read) {
  std::optional<Error> problem;
  try {
    read();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt || !on_error) throw;
    problem = e;
  }
  if (problem) on_error(*problem);
}

}  // namespace

Key::Key(std::shared_ptr<const HiveFile> file, CellOffset cell, KeyNode node)
    : file_(std::move(file)),
      node_(std::make_shared<const KeyNode>(std::move(node))),
      cell_(cell) {}

const std::u16string& Key::name() const { return node_->name; }
std::string Key::name_utf8() const { return to_utf8(node_->name); }
FileTime Key::last_written() const { return node_->last_written; }
std::uint16_t Key::flags() const { return node_->flags; }
bool Key::is_link() const { return node_->is_link(); }
std::uint32_t Key::subkey_count() const { return node_->subkey_count; }
std::uint32_t Key::value_count() const { return node_->stored_values(); }

Bytes Key::class_name() const {
  if (node_->class_length == 0 || node_->class_name == no_cell) return {};
  const Cell cell = file_->cell(node_->class_name, "class name");
  const auto bytes = cell.view().slice(0, node_->class_length).span();
  return Bytes(bytes.begin(), bytes.end());
}

std::optional<Key> Key::find(std::string_view name) const {
  std::optional<FoundKey> found = SubkeySearch(*file_, cell_, *node_).find(to_utf16(name));
  if (!found) return std::nullopt;
  Key key(file_, found->cell, std::move(found->node));
  key.misfiled_ = found->misfiled;
  return key;
}

std::optional<Key> Key::find_path(std::string_view path) const {
  std::optional<Key> key = *this;
  while (key && !path.empty()) {
    const std::size_t end = path.find('\\');
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (!part.empty()) key = key->find(part);
  }
  return key;
}

std::vector<Key> Key::find_prefix(std::string_view prefix) const {
  std::vector<Key> keys;
  for (FoundKey& found : SubkeySearch(*file_, cell_, *node_).find_prefix(to_utf16(prefix))) {
    keys.push_back(Key(file_, found.cell, std::move(found.node)));
  }
  return keys;
}

std::vector<Key> Key::subkeys(const ErrorSink& on_error) const {
  const ErrorSink sink = on_error ? on_error : [](const Error& e) { throw Error(e); };
  std::vector<Key> keys;
  CellBudget budget(*file_);
  for (const CellOffset cell : all_subkeys(*file_, cell_, *node_, sink)) {
    step_over_corrupt(on_error, [&] {
      KeyNode node = file_->subkey_node(cell, cell_);
      budget.take(*file_, cell, nk::name + node.name_length);
      keys.push_back(Key(file_, cell, std::move(node)));
    });
  }
  return keys;
}

std::optional<Value> Key::value(std::string_view name) const {
  const std::u16string wanted = to_utf16(name);
  std::optional<Error> first_error;
  for (Value& value : values([&](const Error& e) {
         if (!first_error) first_error = e;
       })) {
    if (nt_equal(value.name(), wanted)) return std::move(value);
  }
  if (first_error) throw Error(*first_error);
  return std::nullopt;
}

std::vector<Value> Key::values(const ErrorSink& on_error) const {
  std::vector<CellOffset> cells;
  step_over_corrupt(on_error, [&] {
    if (node_->stored_values() == 0) return;
    const Cell list = file_->cell(node_->value_list, "value list");
    cells = parse_cell_list(list.view(), node_->stored_values(), "a value list");
  });
  std::vector<Value> values;
  std::unordered_set<CellOffset> seen;
  CellBudget budget(*file_);
  for (const CellOffset cell : cells) {
    step_over_corrupt(on_error, [&] {
      if (!seen.insert(cell).second) {
        throw Error::corrupt(file_->source().name(), file_offset(cell), "a value is listed twice");
      }
      ValueNode node = file_->value_node(cell);
      budget.take(*file_, cell, vk::name + node.name_length);
      values.push_back(Value(file_, cell, std::move(node)));
    });
  }
  return values;
}

}  // namespace goldhive::hive
