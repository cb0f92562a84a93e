#include <algorithm>
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

/// Runs `read`. An Error(corrupt) goes to `on_error`, or is thrown on if there is none.
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

bool listed_twice(const std::vector<CellOffset>& cells, CellOffset cell) {
  return std::count(cells.begin(), cells.end(), cell) > 1;
}

/// Hands `fault` to `on_error`, or throws it if there is none.
void tell(const std::optional<Error>& fault, const ErrorSink& on_error) {
  if (!fault) return;
  if (!on_error) throw Error(*fault);
  on_error(*fault);
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
  const Cell cell = file_->cell_head(node_->class_name, node_->class_length, "class name");
  const auto bytes = cell.view().slice(0, node_->class_length).span();
  return Bytes(bytes.begin(), bytes.end());
}

std::optional<Key> Key::find(std::string_view name, const ErrorSink& on_error) const {
  SubkeySearch search(*file_, cell_, *node_);
  std::optional<FoundKey> found = search.find(to_utf16(name));
  tell(search.fault(), on_error);
  if (!found) return std::nullopt;
  step_over_corrupt(on_error, [&] { file_->require_security(found->cell, found->node); });
  Key key(file_, found->cell, std::move(found->node));
  key.misfiled_ = found->misfiled;
  return key;
}

std::optional<Key> Key::find_path(std::string_view path, const ErrorSink& on_error) const {
  std::optional<Key> key = *this;
  while (key && !path.empty()) {
    const std::size_t end = path.find('\\');
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
    if (!part.empty()) key = key->find(part, on_error);
  }
  return key;
}

std::vector<Key> Key::find_prefix(std::string_view prefix, const ErrorSink& on_error) const {
  SubkeySearch search(*file_, cell_, *node_);
  std::vector<FoundKey> found = search.find_prefix(to_utf16(prefix));
  tell(search.fault(), on_error);
  std::vector<Key> keys;
  for (FoundKey& subkey : found) {
    step_over_corrupt(on_error, [&] { file_->require_security(subkey.cell, subkey.node); });
    keys.push_back(Key(file_, subkey.cell, std::move(subkey.node)));
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
      step_over_corrupt(on_error, [&] { file_->require_security(cell, node); });
      keys.push_back(Key(file_, cell, std::move(node)));
    });
  }
  return keys;
}

template <typename F>
void Key::for_each_value(const ErrorSink& on_error, F f) const {
  std::vector<CellOffset> cells;
  step_over_corrupt(on_error, [&] { cells = file_->value_list(*node_); });
  std::unordered_set<CellOffset> seen;
  CellBudget budget(*file_);
  for (const CellOffset cell : cells) {
    step_over_corrupt(on_error, [&] {
      if (!seen.insert(cell).second) {
        throw Error::corrupt(file_->source().name(), file_offset(cell), "a value is listed twice");
      }
      ValueNode node = file_->value_node(cell);
      budget.take(*file_, cell, vk::name + node.name_length);
      f(Value(file_, cell, std::move(node)));
    });
  }
}

std::optional<Value> Key::value(std::string_view name) const {
  const std::u16string wanted = to_utf16(name);
  std::optional<Error> first_error;
  std::optional<Value> found;
  bool doubtful = false;
  const auto keep = [&](const Error& e) {
    if (!first_error) first_error = e;
    if (!found) doubtful = true;
  };
  for_each_value(keep, [&](Value value) {
    if (!nt_equal(value.name(), wanted)) return;
    if (found) {
      keep(Error::corrupt(file_->source().name(), file_offset(value.cell()),
                          "two values of the same name"));
      doubtful = true;
    } else {
      found = std::move(value);
    }
  });
  if (first_error && (doubtful || !found)) throw Error(*first_error);
  if (found && listed_twice(file_->value_list(*node_), found->cell())) {
    throw Error::corrupt(file_->source().name(), file_offset(found->cell()),
                         "a value is listed twice");
  }
  return found;
}

std::vector<Value> Key::values(const ErrorSink& on_error) const {
  std::vector<Value> values;
  for_each_value(on_error, [&](Value value) { values.push_back(std::move(value)); });
  return values;
}

}  // namespace goldhive::hive
