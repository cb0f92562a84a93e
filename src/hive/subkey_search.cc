#include "src/hive/subkey_search.h"

#include <fmt/format.h>

#include <unordered_set>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/cell.h"

namespace goldhive::hive {

namespace {

/// Windows writes an ri over leaves and nothing deeper.
constexpr int deepest_list = 4;
/// A search reads a cell by its hash, in a comparison, as a neighbour, and in the walk.
constexpr unsigned reads_of_a_cell = 4;

bool has_prefix(std::u16string_view name, std::u16string_view prefix) {
  return name.size() >= prefix.size() && nt_equal(name.substr(0, prefix.size()), prefix);
}

/// Collects the subkeys of one key, each list and each key once.
class Collector {
 public:
  Collector(const HiveFile& file, const ErrorSink& on_error)
      : file_(file), on_error_(on_error), budget_(file) {}

  void visit(CellOffset cell, int depth) {
    const std::optional<SubkeyList> list = load(cell, depth);
    if (!list) return;
    for (const SubkeyListEntry& entry : list->entries) {
      if (list->kind == SubkeyListKind::ri) {
        visit(entry.cell, depth + 1);
      } else {
        ++entries_;
        if (keys_.insert(entry.cell).second) {
          cells_.push_back(entry.cell);
        } else {
          on_error_(error_at(entry.cell, "a subkey is listed twice"));
        }
      }
    }
  }

  std::vector<CellOffset> take() { return std::move(cells_); }
  std::size_t entries() const { return entries_; }

 private:
  std::optional<SubkeyList> load(CellOffset cell, int depth) {
    std::optional<Error> problem;
    try {
      if (depth > deepest_list) throw error_at(cell, "subkey lists are nested too deep");
      if (!lists_.insert(cell).second) throw error_at(cell, "a subkey list is named twice");
      const Cell content = file_.cell(cell, "subkey list");
      budget_.take(file_, cell, content.view().size());
      return parse_subkey_list(content.view());
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::corrupt) throw;
      problem = e;
    }
    on_error_(*problem);
    return std::nullopt;
  }

  Error error_at(CellOffset cell, const char* message) const {
    return Error::corrupt(file_.source().name(), file_offset(cell), message);
  }

  const HiveFile& file_;
  const ErrorSink& on_error_;
  CellBudget budget_;
  std::unordered_set<CellOffset> lists_, keys_;
  std::vector<CellOffset> cells_;
  std::size_t entries_ = 0;
};

Error wrong_count(const HiveFile& file, CellOffset key, const KeyNode& node, std::size_t listed) {
  return Error::corrupt(file.source().name(),
                        file_offset(key) + cell_header_size + nk::subkey_count,
                        "a key counts other subkeys than its lists hold", fmt::format("{}", listed),
                        fmt::format("{}", node.subkey_count));
}

}  // namespace

std::vector<CellOffset> all_subkeys(const HiveFile& file, CellOffset key, const KeyNode& node,
                                    const ErrorSink& on_error) {
  if (node.subkey_count == 0) return {};
  Collector collector(file, on_error);
  collector.visit(node.subkey_list, 0);
  if (collector.entries() != node.subkey_count) {
    on_error(wrong_count(file, key, node, collector.entries()));
  }
  return collector.take();
}

SubkeySearch::SubkeySearch(const HiveFile& file, CellOffset key, const KeyNode& node)
    : file_(file), key_(key), node_(node), budget_(file, reads_of_a_cell) {}

std::optional<FoundKey> SubkeySearch::find(std::u16string_view name) {
  if (node_.subkey_count == 0) return std::nullopt;
  try {
    if (std::optional<FoundKey> found = find_by_list(name)) return found;
    if (trusted_) return std::nullopt;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
  }
  return find_by_walk(name);
}

std::vector<FoundKey> SubkeySearch::find_prefix(std::u16string_view prefix) {
  if (node_.subkey_count == 0) return {};
  try {
    std::vector<FoundKey> found = prefix_by_list(prefix);
    if (trusted_) return found;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
  }
  return prefix_by_walk(prefix);
}

void SubkeySearch::load_top() {
  SubkeyList top = load_list(node_.subkey_list);
  if (top.entries.empty()) throw not_a_leaf(node_.subkey_list);
  if (top.kind == SubkeyListKind::ri) {
    std::unordered_set<CellOffset> seen;
    for (const SubkeyListEntry& entry : top.entries) {
      if (!seen.insert(entry.cell).second) throw not_a_leaf(entry.cell);
      leaf_cells_.push_back(entry.cell);
    }
    leaves_.resize(leaf_cells_.size());
  } else {
    leaf_cells_.push_back(node_.subkey_list);
    leaves_.emplace_back(std::move(top));
  }
}

SubkeyList SubkeySearch::load_list(CellOffset cell) {
  const Cell content = file_.cell(cell, "subkey list");
  budget_.take(file_, cell, content.view().size());
  return parse_subkey_list(content.view());
}

const SubkeyList& SubkeySearch::leaf(std::size_t index) {
  std::optional<SubkeyList>& slot = leaves_[index];
  if (!slot) slot = load_list(leaf_cells_[index]);
  if (slot->kind == SubkeyListKind::ri || slot->entries.empty()) {
    throw not_a_leaf(leaf_cells_[index]);
  }
  return *slot;
}

Error SubkeySearch::not_a_leaf(CellOffset cell) const {
  return Error::corrupt(file_.source().name(), file_offset(cell), "not a leaf with entries");
}

FoundKey SubkeySearch::read(CellOffset cell) {
  FoundKey key{cell, file_.subkey_node(cell, key_), false};
  budget_.take(file_, cell, nk::name + key.node.name_length);
  return key;
}

int SubkeySearch::probe(SubkeyListKind kind, const SubkeyListEntry& entry, std::u16string_view name,
                        FoundKey& key) {
  key = read(entry.cell);
  const std::u16string& seen = key.node.name;
  if (!may_name(kind, entry, SoughtName(seen))) trusted_ = false;
  const int order = nt_compare(seen, name);
  if (before_ && nt_compare(seen, *before_) < 0) trusted_ = false;
  if (after_ && nt_compare(seen, *after_) > 0) trusted_ = false;
  if (order < 0) before_ = seen;
  if (order > 0) after_ = seen;
  return order;
}

std::size_t SubkeySearch::choose_leaf(std::u16string_view name) {
  // The last leaf that does not start after `name`, or the first.
  std::size_t low = 0;
  std::size_t high = leaf_cells_.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    const Cell cell = file_.cell_head(leaf_cells_[middle], subkey_list_head_size, "subkey list");
    const SubkeyListHead head = parse_subkey_list_head(cell.view());
    if (head.kind == SubkeyListKind::ri || head.count == 0) throw not_a_leaf(leaf_cells_[middle]);
    FoundKey first;
    if (probe(head.kind, head.first, name, first) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<FoundKey> SubkeySearch::match_in_leaf(std::size_t index, std::u16string_view name) {
  const SubkeyList& list = leaf(index);
  const SoughtName sought(name);
  for (const SubkeyListEntry& entry : list.entries) {
    if (!may_name(list.kind, entry, sought)) continue;
    FoundKey key = read(entry.cell);
    if (nt_equal(key.node.name, name)) return key;
  }
  return std::nullopt;
}

bool SubkeySearch::kernel_finds(std::size_t index, CellOffset cell, std::u16string_view name) {
  if (leaf(index).kind == SubkeyListKind::lh) return true;
  const std::size_t at = lower_bound(index, name);
  return at < leaf(index).entries.size() && leaf(index).entries[at].cell == cell;
}

std::size_t SubkeySearch::lower_bound(std::size_t index, std::u16string_view name) {
  const SubkeyList& list = leaf(index);
  std::size_t low = 0;
  std::size_t high = list.entries.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    FoundKey key;
    if (probe(list.kind, list.entries[middle], name, key) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<FoundKey> SubkeySearch::find_by_list(std::u16string_view name) {
  load_top();
  const std::size_t likely = choose_leaf(name);
  if (std::optional<FoundKey> found = match_in_leaf(likely, name)) {
    found->misfiled = !kernel_finds(likely, found->cell, name);
    return found;
  }

  const std::size_t at = lower_bound(likely, name);
  if (at < leaf(likely).entries.size()) {
    FoundKey key = read(leaf(likely).entries[at].cell);
    key.misfiled = true;
    if (nt_equal(key.node.name, name)) return key;
  }

  std::size_t listed = 0;
  for (std::size_t i = 0; i < leaf_cells_.size(); ++i) {
    if (i != likely) {
      if (std::optional<FoundKey> found = match_in_leaf(i, name)) {
        found->misfiled = true;
        return found;
      }
    }
    listed += leaf(i).entries.size();
  }
  if (listed != node_.subkey_count) trusted_ = false;
  return std::nullopt;
}

std::optional<FoundKey> SubkeySearch::find_by_walk(std::u16string_view name) {
  std::optional<Error> first_error;
  const ErrorSink keep_first = [&](const Error& e) {
    if (!first_error) first_error = e;
  };
  for (const CellOffset cell : all_subkeys(file_, key_, node_, keep_first)) {
    try {
      FoundKey key = read(cell);
      key.misfiled = true;
      if (nt_equal(key.node.name, name)) return key;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::corrupt) throw;
      keep_first(e);
    }
  }
  if (first_error) throw Error(*first_error);
  return std::nullopt;
}

std::vector<FoundKey> SubkeySearch::prefix_by_list(std::u16string_view prefix) {
  load_top();
  std::vector<FoundKey> found;
  std::size_t index = choose_leaf(prefix);
  std::size_t entry = lower_bound(index, prefix);
  for (; index < leaf_cells_.size(); ++index, entry = 0) {
    const SubkeyList& list = leaf(index);
    for (; entry < list.entries.size(); ++entry) {
      FoundKey key = read(list.entries[entry].cell);
      if (!has_prefix(key.node.name, prefix)) return found;
      if (!found.empty() && nt_compare(found.back().node.name, key.node.name) >= 0) {
        trusted_ = false;
        return found;
      }
      found.push_back(std::move(key));
    }
  }
  return found;
}

std::vector<FoundKey> SubkeySearch::prefix_by_walk(std::u16string_view prefix) {
  std::vector<FoundKey> found;
  const ErrorSink fail = [](const Error& e) { throw Error(e); };
  for (const CellOffset cell : all_subkeys(file_, key_, node_, fail)) {
    FoundKey key = read(cell);
    if (has_prefix(key.node.name, prefix)) found.push_back(std::move(key));
  }
  return found;
}

}  // namespace goldhive::hive
