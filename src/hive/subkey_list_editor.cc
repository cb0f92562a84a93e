#include "src/hive/subkey_list_editor.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/hive/subkey_list.h"

namespace goldhive::hive {

namespace {

using Kind = SubkeyListKind;

constexpr int deepest_root = 8;           // nested index roots; Windows makes one level
constexpr std::size_t most_lists = 8000;  // entries of one ri: four million subkeys

std::size_t limit(Kind kind) {
  switch (kind) {
    case Kind::lf:
    case Kind::lh:
      return 507;
    case Kind::li:
      return 1013;
    case Kind::ri:
      break;
  }
  return most_lists;
}

struct List {
  CellOffset cell;
  Kind kind;
  std::vector<SubkeyListEntry> entries;
};

List read_list(const CellWriter& cells, CellOffset cell, int depth) {
  const SubkeyList list = parse_subkey_list(cells.content(cell).view());
  if (list.entries.empty() || depth > deepest_root) {
    throw Error::corrupt(
        cells.where(), file_offset(cell),
        list.entries.empty() ? "a subkey list is empty" : "subkey lists are nested too deep");
  }
  return {cell, list.kind, list.entries};
}

std::size_t content_size(Kind kind, std::size_t count) {
  return subkey_list_entries_at + count * entry_size(kind);
}

Bytes raw(Kind kind, std::span<const SubkeyListEntry> entries) {
  Bytes bytes(entries.size() * entry_size(kind));
  for (std::size_t i = 0; i < entries.size(); ++i) {
    put_u32(bytes, i * entry_size(kind), entries[i].cell);
    if (entry_size(kind) == 8) put_u32(bytes, i * 8 + 4, entries[i].hint);
  }
  return bytes;
}

SubkeyListEntry entry_for(Kind kind, CellOffset key, std::u16string_view name) {
  return {key, kind == Kind::lh ? name_hash(name) : kind == Kind::lf ? name_hint(name) : 0};
}

CellOffset make_list(CellWriter& cells, Kind kind, std::span<const SubkeyListEntry> entries,
                     CellOffset near) {
  Bytes content(subkey_list_entries_at);
  std::copy_n(to_string(kind), 2, content.begin());
  put_u16(content, subkey_list_count_at, static_cast<std::uint16_t>(entries.size()));
  const Bytes body = raw(kind, entries);
  content.insert(content.end(), body.begin(), body.end());
  return cells.add(content, near);
}

/// Writes the entries from `position` on, and the count.
void write_tail(CellWriter& cells, CellOffset cell, const List& list, std::size_t position) {
  cells.set_bytes(cell, content_size(list.kind, position),
                  raw(list.kind, std::span(list.entries).subspan(position)));
  cells.set_u16(cell, subkey_list_count_at, static_cast<std::uint16_t>(list.entries.size()));
}

/// Puts one entry at `position`; returns where the list is now.
CellOffset insert_entry(CellWriter& cells, List list, std::size_t position, SubkeyListEntry entry) {
  const std::size_t count = list.entries.size();
  const CellOffset cell =
      cells.enlarge(list.cell, content_size(list.kind, count), content_size(list.kind, count + 1));
  list.entries.insert(list.entries.begin() + static_cast<std::ptrdiff_t>(position), entry);
  write_tail(cells, cell, list, position);
  return cell;
}

std::u16string first_name(const CellWriter& cells, CellOffset cell, int depth) {
  const List list = read_list(cells, cell, depth);
  return list.kind == Kind::ri ? first_name(cells, list.entries.front().cell, depth + 1)
                               : cells.key(list.entries.front().cell).name;
}

/// Where a list is after an insertion, and the new list after it if it had to be split.
struct Inserted {
  CellOffset list;
  CellOffset split = no_cell;
};

Inserted insert_into(CellWriter& cells, CellOffset cell, CellOffset key, std::u16string_view name,
                     int depth);

Inserted insert_into_leaf(CellWriter& cells, List leaf, CellOffset key, std::u16string_view name) {
  const auto found = std::lower_bound(leaf.entries.begin(), leaf.entries.end(), name,
                                      [&](const SubkeyListEntry& entry, std::u16string_view n) {
                                        return nt_compare(cells.key(entry.cell).name, n) < 0;
                                      });
  const auto position = static_cast<std::size_t>(found - leaf.entries.begin());
  const SubkeyListEntry entry = entry_for(leaf.kind, key, name);
  if (leaf.entries.size() < limit(leaf.kind)) {
    return {insert_entry(cells, std::move(leaf), position, entry)};
  }
  const std::size_t half = leaf.entries.size() / 2;
  const std::span<const SubkeyListEntry> upper = std::span(leaf.entries).subspan(half);
  List behind{
      make_list(cells, leaf.kind, upper, leaf.cell), leaf.kind, {upper.begin(), upper.end()}};
  leaf.entries.resize(half);
  cells.set_u16(leaf.cell, subkey_list_count_at, static_cast<std::uint16_t>(half));
  const CellOffset split = behind.cell;
  if (position <= half) return {insert_entry(cells, std::move(leaf), position, entry), split};
  return {leaf.cell, insert_entry(cells, std::move(behind), position - half, entry)};
}

Inserted insert_into_root(CellWriter& cells, List root, CellOffset key, std::u16string_view name,
                          int depth) {
  // The last list whose first name is not above the new one; a name before all others goes to the
  // first list.
  const auto after =
      std::upper_bound(root.entries.begin() + 1, root.entries.end(), name,
                       [&](std::u16string_view n, const SubkeyListEntry& entry) {
                         return nt_compare(n, first_name(cells, entry.cell, depth + 1)) < 0;
                       });
  const auto position = static_cast<std::size_t>(after - root.entries.begin()) - 1;
  const CellOffset below = root.entries[position].cell;
  const Inserted inserted = insert_into(cells, below, key, name, depth + 1);
  if (inserted.list != below) {
    root.entries[position].cell = inserted.list;
    cells.set_u32(root.cell, content_size(Kind::ri, position), inserted.list);
  }
  if (inserted.split == no_cell) return {root.cell};
  if (root.entries.size() >= limit(Kind::ri)) {
    throw Error(ErrorKind::refused, "a key has too many subkeys for one more", cells.where());
  }
  return {insert_entry(cells, std::move(root), position + 1, {inserted.split, 0})};
}

Inserted insert_into(CellWriter& cells, CellOffset cell, CellOffset key, std::u16string_view name,
                     int depth) {
  List list = read_list(cells, cell, depth);
  return list.kind == Kind::ri ? insert_into_root(cells, std::move(list), key, name, depth)
                               : insert_into_leaf(cells, std::move(list), key, name);
}

/// Removes `key` below `cell`; true if it was there. `cell` becomes no_cell if nothing is left in
/// it.
bool remove_from(CellWriter& cells, CellOffset& cell, CellOffset key, int depth) {
  List list = read_list(cells, cell, depth);
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    CellOffset entry = list.entries[i].cell;
    if (list.kind == Kind::ri) {
      if (!remove_from(cells, entry, key, depth + 1)) continue;
      if (entry != no_cell) return true;
    } else if (entry != key) {
      continue;
    }
    if (list.entries.size() == 1) {
      cells.free(cell);
      cell = no_cell;
    } else {
      list.entries.erase(list.entries.begin() + static_cast<std::ptrdiff_t>(i));
      write_tail(cells, cell, list, i);
    }
    return true;
  }
  return false;
}

}  // namespace

CellOffset insert_subkey(CellWriter& cells, CellOffset list, std::uint32_t minor_version,
                         CellOffset key) {
  const std::u16string name = cells.key(key).name;
  if (list == no_cell) {
    const Kind kind = minor_version >= 5 ? Kind::lh : Kind::lf;
    const SubkeyListEntry entry = entry_for(kind, key, name);
    return make_list(cells, kind, std::span(&entry, 1), key);
  }
  const Inserted inserted = insert_into(cells, list, key, name, 0);
  if (inserted.split == no_cell) return inserted.list;
  const std::vector<SubkeyListEntry> both{{inserted.list, 0}, {inserted.split, 0}};
  return make_list(cells, Kind::ri, both, inserted.list);
}

CellOffset remove_subkey(CellWriter& cells, CellOffset list, CellOffset key) {
  if (!remove_from(cells, list, key, 0)) {
    throw Error::corrupt(cells.where(), file_offset(key),
                         "the key is in no subkey list of its parent");
  }
  return list;
}

}  // namespace goldhive::hive
