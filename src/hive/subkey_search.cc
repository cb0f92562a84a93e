#include "src/hive/subkey_search.h"

#include <fmt/format.h>

#include <unordered_set>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/cell.h"

namespace goldhive::hive {

namespace {

/// A limit; Windows writes an ri over leaves and nothing deeper.
constexpr int deepest_list = 4;
/// How often a search may read a cell: by its hash, in two comparisons, as a neighbour, in the
/// check of its leaf, and in the walk.
constexpr unsigned reads_of_a_cell = 6;

bool has_prefix(std::u16string_view name, std::u16string_view prefix) {
  return name.size() >= prefix.size() && nt_equal(name.substr(0, prefix.size()), prefix);
}

/// Collects the subkeys of one key. Each list and each key is taken once.
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
      SubkeyList list = file_.subkey_list(cell);
      budget_.take(file_, cell, list.entries.size() * entry_size(list.kind));
      return list;
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
                        "a key states another number of subkeys than its lists hold",
                        fmt::format("{}", listed), fmt::format("{}", node.subkey_count));
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
    std::optional<FoundKey> found = find_by_list(name);
    if (found || !fault_) return found;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
    note(e);
  }
  return find_by_walk(name);
}

std::vector<FoundKey> SubkeySearch::find_prefix(std::u16string_view prefix) {
  if (node_.subkey_count == 0) return {};
  try {
    std::vector<FoundKey> found = prefix_by_list(prefix);
    if (!fault_) return found;
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
    note(e);
  }
  return prefix_by_walk(prefix);
}

void SubkeySearch::note(const Error& fault) {
  if (!fault_) fault_ = fault;
}

void SubkeySearch::load_top() {
  SubkeyList top = load_list(node_.subkey_list);
  if (top.entries.empty()) throw not_a_leaf(node_.subkey_list);
  if (top.kind != SubkeyListKind::ri) {
    leaves_.push_back({node_.subkey_list, std::move(top)});
    return;
  }
  std::unordered_set<CellOffset> seen;
  for (const SubkeyListEntry& entry : top.entries) {
    if (!seen.insert(entry.cell).second) throw not_a_leaf(entry.cell);
    leaves_.push_back({entry.cell, std::nullopt});
  }
}

SubkeyList SubkeySearch::load_list(CellOffset cell) {
  SubkeyList list = file_.subkey_list(cell);
  budget_.take(file_, cell, list.entries.size() * entry_size(list.kind));
  return list;
}

const SubkeyList& SubkeySearch::leaf(std::size_t index) {
  Leaf& leaf = leaves_[index];
  if (!leaf.list) leaf.list = load_list(leaf.cell);
  if (leaf.list->kind == SubkeyListKind::ri || leaf.list->entries.empty()) {
    throw not_a_leaf(leaf.cell);
  }
  return *leaf.list;
}

Error SubkeySearch::not_a_leaf(CellOffset cell) const {
  return Error::corrupt(file_.source().name(), file_offset(cell),
                        "a part of a subkey list is no leaf with entries");
}

Error SubkeySearch::misfiled(Position at) {
  return Error::corrupt(
      file_.source().name(), offset_of(leaves_[at.leaf].cell, leaf(at.leaf).kind, at.entry),
      "a subkey stands at a place of the subkey list where Windows does not look for its name");
}

FoundKey SubkeySearch::read(CellOffset cell) {
  FoundKey key{cell, file_.subkey_node(cell, key_), false};
  budget_.take(file_, cell, nk::name + key.node.name_length);
  return key;
}

std::uint64_t SubkeySearch::offset_of(CellOffset leaf, SubkeyListKind kind,
                                      std::size_t entry) const {
  return file_offset(leaf) + cell_header_size + subkey_list_entries_at + entry * entry_size(kind);
}

FoundKey SubkeySearch::read_entry(CellOffset leaf, SubkeyListKind kind,
                                  const SubkeyListEntry& entry, std::size_t number) {
  FoundKey key = read(entry.cell);
  if (misleads(kind, entry, key.node.name)) {
    note(Error::corrupt(file_.source().name(), offset_of(leaf, kind, number) + 4,
                        fmt::format("a subkey list has a wrong hash or hint of the name \"{}\"",
                                    to_utf8(key.node.name))));
  }
  return key;
}

FoundKey SubkeySearch::read_at(Position at) {
  const SubkeyList& list = leaf(at.leaf);
  return read_entry(leaves_[at.leaf].cell, list.kind, list.entries[at.entry], at.entry);
}

void SubkeySearch::require_order(std::u16string_view first, std::u16string_view second,
                                 std::uint64_t offset) {
  const int order = nt_compare(first, second);
  if (order < 0 || !nt_order_is_settled(first, second)) return;
  note(Error::corrupt(file_.source().name(), offset,
                      order == 0 ? "two subkeys of the same name" : "subkeys out of order",
                      fmt::format("a name after \"{}\"", to_utf8(first)),
                      fmt::format("\"{}\"", to_utf8(second))));
}

int SubkeySearch::probe(const FoundKey& key, std::u16string_view name, std::uint64_t offset) {
  const std::u16string& seen = key.node.name;
  const int order = nt_compare(seen, name);
  // One key may be seen twice; that is no disorder.
  if (before_ && nt_compare(*before_, seen) > 0) require_order(*before_, seen, offset);
  if (after_ && nt_compare(seen, *after_) > 0) require_order(seen, *after_, offset);
  if (order < 0) before_ = seen;
  if (order > 0) after_ = seen;
  return order;
}

std::size_t SubkeySearch::choose_leaf(std::u16string_view name) {
  // The last leaf that does not start after `name`, or the first.
  std::size_t low = 0;
  std::size_t high = leaves_.size();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    const CellOffset leaf = leaves_[middle].cell;
    const Cell cell = file_.cell_head(leaf, subkey_list_head_size, "subkey list");
    const SubkeyListHead head = parse_subkey_list_head(cell.view());
    if (head.kind == SubkeyListKind::ri || head.count == 0) throw not_a_leaf(leaf);
    const FoundKey first = read_entry(leaf, head.kind, head.first, 0);
    if (probe(first, name, offset_of(leaf, head.kind, 0)) <= 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

std::optional<FoundKey> SubkeySearch::match_in_leaf(std::size_t index, std::u16string_view name,
                                                    Position& at) {
  const SubkeyList& list = leaf(index);
  const SoughtName sought(name);
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    if (!may_name(list.kind, list.entries[i], sought)) continue;
    FoundKey key = read(list.entries[i].cell);
    at = {index, i};
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
    const FoundKey key = read_at({index, middle});
    if (probe(key, name, offset_of(leaves_[index].cell, list.kind, middle)) < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void SubkeySearch::check_beside(Position at, const FoundKey& key) {
  const auto entry_offset = [this](Position p) {
    return offset_of(leaves_[p.leaf].cell, leaf(p.leaf).kind, p.entry);
  };
  try {
    const std::size_t count = leaf(at.leaf).entries.size();
    if (leaves_.size() == 1 && count != node_.subkey_count) {
      note(wrong_count(file_, key_, node_, count));
    }
    if (at.entry > 0 || at.leaf > 0) {
      Position before = at;
      if (at.entry > 0) {
        before.entry -= 1;
      } else {
        before = {at.leaf - 1, leaf(at.leaf - 1).entries.size() - 1};
      }
      require_order(read_at(before).node.name, key.node.name, entry_offset(at));
    }
    if (at.entry + 1 < count || at.leaf + 1 < leaves_.size()) {
      const Position after =
          at.entry + 1 < count ? Position{at.leaf, at.entry + 1} : Position{at.leaf + 1, 0};
      require_order(key.node.name, read_at(after).node.name, entry_offset(after));
    }
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
    note(e);
  }
}

void SubkeySearch::check_leaf(std::size_t index) {
  if (file_.is_sound_leaf(key_, leaves_[index].cell)) return;
  const std::size_t count = leaf(index).entries.size();
  std::optional<std::u16string> last;
  const auto check = [&](Position at) {
    FoundKey key = read_at(at);
    if (last) {
      require_order(*last, key.node.name,
                    offset_of(leaves_[at.leaf].cell, leaf(at.leaf).kind, at.entry));
    }
    last = std::move(key.node.name);
  };
  if (index > 0) check({index - 1, leaf(index - 1).entries.size() - 1});
  for (std::size_t i = 0; i < count; ++i) check({index, i});
  if (index + 1 < leaves_.size()) check({index + 1, 0});
  if (!fault_) file_.note_sound_leaf(key_, leaves_[index].cell);
}

std::optional<FoundKey> SubkeySearch::find_by_list(std::u16string_view name) {
  load_top();
  const std::size_t likely = choose_leaf(name);
  Position at;
  if (std::optional<FoundKey> found = match_in_leaf(likely, name, at)) {
    found->misfiled = !kernel_finds(likely, found->cell, name);
    if (found->misfiled) note(misfiled(at));
    check_beside(at, *found);
    return found;
  }

  at = {likely, lower_bound(likely, name)};
  if (at.entry < leaf(likely).entries.size()) {
    FoundKey key = read_at(at);
    if (nt_equal(key.node.name, name)) {
      // Where the tables of Windows versions differ, the hash may be that of another Windows, whose
      // kernel finds the key by it.
      key.misfiled = nt_upcase_is_settled(key.node.name);
      if (key.misfiled) note(misfiled(at));
      return key;
    }
  }

  std::size_t listed = 0;
  for (std::size_t i = 0; i < leaves_.size(); ++i) {
    if (i != likely) {
      if (std::optional<FoundKey> found = match_in_leaf(i, name, at)) {
        found->misfiled = true;
        note(misfiled(at));
        return found;
      }
    }
    listed += leaf(i).entries.size();
  }
  if (listed != node_.subkey_count) note(wrong_count(file_, key_, node_, listed));
  if (!fault_) check_leaf(likely);
  return std::nullopt;
}

std::optional<FoundKey> SubkeySearch::find_by_walk(std::u16string_view name) {
  const ErrorSink keep = [this](const Error& e) { note(e); };
  for (const CellOffset cell : all_subkeys(file_, key_, node_, keep)) {
    try {
      FoundKey key = read(cell);
      key.misfiled = true;
      if (nt_equal(key.node.name, name)) return key;
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::corrupt) throw;
      note(e);
    }
  }
  return std::nullopt;
}

std::vector<FoundKey> SubkeySearch::prefix_by_list(std::u16string_view prefix) {
  load_top();
  std::vector<FoundKey> found;
  Position at;
  at.leaf = choose_leaf(prefix);
  at.entry = lower_bound(at.leaf, prefix);
  // The keys beside the place of the run are read and compared; the whole leaf is not. A leaf of
  // packages has hundreds of keys, and reading all of them would double the time of a scan.
  std::optional<std::u16string> last = before_;
  for (bool more = true; more && at.leaf < leaves_.size(); ++at.leaf, at.entry = 0) {
    const SubkeyList& list = leaf(at.leaf);
    for (; more && at.entry < list.entries.size(); ++at.entry) {
      FoundKey key = read_at(at);
      if (last) {
        require_order(*last, key.node.name, offset_of(leaves_[at.leaf].cell, list.kind, at.entry));
      }
      last = key.node.name;
      more = has_prefix(key.node.name, prefix) && !fault_;
      if (more) found.push_back(std::move(key));
    }
  }
  return found;
}

std::vector<FoundKey> SubkeySearch::prefix_by_walk(std::u16string_view prefix) {
  std::vector<FoundKey> found;
  const ErrorSink keep = [this](const Error& e) { note(e); };
  for (const CellOffset cell : all_subkeys(file_, key_, node_, keep)) {
    try {
      FoundKey key = read(cell);
      if (has_prefix(key.node.name, prefix)) found.push_back(std::move(key));
    } catch (const Error& e) {
      if (e.kind() != ErrorKind::corrupt) throw;
      note(e);
    }
  }
  return found;
}

}  // namespace goldhive::hive
