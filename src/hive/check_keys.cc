// Checks of the tree: key nodes, subkey lists, class names.
#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "src/hive/check_map.h"
#include "src/hive/key_node.h"
#include "src/hive/subkey_list.h"

namespace goldhive::hive {

namespace {

class Walk {
 public:
  Walk(CheckMap& map, SecurityUse& security) : map_(map), security_(security) {}

  void run() {
    const CellOffset root = map_.base_block().root_cell;
    if (!map_.claim(root, CellUse::key, 36)) return;
    pending_.push_back(root);
    while (!pending_.empty()) {
      const CellOffset cell = pending_.back();
      pending_.pop_back();
      visit(cell);
    }
  }

 private:
  /// The subkeys of one key as its lists give them, whatever the kind of list.
  struct Siblings {
    CellOffset parent = no_cell;
    std::uint64_t count = 0;
    NameView last_name;
    bool any = false;
    std::uint32_t longest_name = 0;   ///< bytes as UTF-16
    std::uint32_t longest_class = 0;  ///< bytes
  };

  void visit(CellOffset cell) {
    map_.at_key(cell);
    KeyView key;
    try {
      key = parse_key_view(map_.content(cell));
    } catch (const Error& e) {
      map_.fault(FaultCode::bad_key, e);
      return;
    }
    map_.result().keys += 1;
    if (cell == map_.base_block().root_cell && (key.flags & key_hive_entry) == 0) {
      map_.fault(FaultCode::root_not_flagged, field_offset(cell, nk::flags),
                 "the root key lacks the flag of a root", fmt::format("{:#x}", key_hive_entry),
                 fmt::format("{:#x}", key.flags));
    }
    security_.add(map_, key.security, field_offset(cell, nk::security));
    check_class(key, cell);
    check_subkeys(key, cell);
    map_.at_key(cell);
    check_values(map_, key, cell);
  }

  void check_class(const KeyFields& key, CellOffset cell) {
    if (key.class_length == 0) {
      map_.claim_leftover(key.class_name);
      return;
    }
    if (!map_.claim(key.class_name, CellUse::class_name, field_offset(cell, nk::class_name)))
      return;
    const std::size_t room = map_.content(key.class_name).size();
    if (key.class_length > room) {
      map_.fault(FaultCode::bad_class_name, field_offset(cell, nk::class_length),
                 "a class name is longer than its cell", fmt::format("at most {} bytes", room),
                 fmt::format("{} bytes", key.class_length));
    }
  }

  void check_subkeys(const KeyFields& key, CellOffset cell) {
    if (key.subkey_count == 0) return;  // then the list means nothing and Windows ignores it
    Siblings siblings;
    siblings.parent = cell;
    if (!map_.claim(key.subkey_list, CellUse::subkey_list, field_offset(cell, nk::subkey_list))) {
      return;
    }
    check_list(key.subkey_list, siblings, true);
    if (siblings.count != key.subkey_count) {
      map_.fault(FaultCode::wrong_subkey_count, field_offset(cell, nk::subkey_count),
                 "a key states another number of subkeys than its lists hold",
                 fmt::format("{}", siblings.count), fmt::format("{}", key.subkey_count));
    }
    map_.check_max_length(cell, {nk::max_subkey_name, 2, "subkey name"}, key.max_subkey_name,
                          siblings.longest_name);
    map_.check_max_length(cell, {nk::max_subkey_class, 4, "class name of a subkey"},
                          key.max_subkey_class, siblings.longest_class);
  }

  void check_list(CellOffset cell, Siblings& siblings, bool top) {
    SubkeyListView list;
    try {
      list = parse_subkey_list_view(map_.content(cell));
    } catch (const Error& e) {
      map_.fault(FaultCode::bad_subkey_list, e);
      return;
    }
    const std::size_t each = entry_size(list.kind);
    if (list.kind == SubkeyListKind::ri) {
      if (!top) {
        map_.fault(FaultCode::nested_index_root, field_offset(cell, 0),
                   "an ri list within an ri list");
        return;
      }
      for (std::size_t i = 0; i < list.count; ++i) {
        const CellOffset leaf = list.entry(i).cell;
        if (map_.claim(leaf, CellUse::subkey_list,
                       field_offset(cell, subkey_list_entries_at + i * each))) {
          check_list(leaf, siblings, false);
        }
      }
      return;
    }
    for (std::size_t i = 0; i < list.count; ++i) {
      check_entry(list.kind, list.entry(i), field_offset(cell, subkey_list_entries_at + i * each),
                  siblings);
    }
  }

  void check_entry(SubkeyListKind kind, const SubkeyListEntry& entry, std::uint64_t at,
                   Siblings& siblings) {
    siblings.count += 1;
    if (!map_.claim(entry.cell, CellUse::key, at)) return;
    pending_.push_back(entry.cell);
    KeyView node;
    try {
      node = parse_key_view(map_.content(entry.cell));
    } catch (const Error&) {
      return;  // visit() reports the fault
    }
    if (node.parent != siblings.parent) {
      map_.fault(FaultCode::wrong_parent, field_offset(entry.cell, nk::parent),
                 "a key names another parent than the key that lists it",
                 fmt::format("{:#x}", siblings.parent), fmt::format("{:#x}", node.parent));
    }
    if (node.name.size() == 0) {  // like the reader: only the root may have any name
      map_.fault(FaultCode::bad_key, field_offset(entry.cell, nk::name_length),
                 "a subkey has no name");
    }
    check_order(node.name, at, siblings);
    check_hint(kind, entry, node.name, at);
    siblings.longest_name =
        std::max(siblings.longest_name, static_cast<std::uint32_t>(node.name.size() * 2));
    siblings.longest_class =
        std::max(siblings.longest_class, static_cast<std::uint32_t>(node.class_length));
    siblings.last_name = node.name;
    siblings.any = true;
  }

  void check_order(const NameView& name, std::uint64_t at, const Siblings& siblings) {
    if (!siblings.any) return;
    const int order = siblings.last_name.compare(name);
    if (order < 0 || !nt_order_is_settled(siblings.last_name, name)) return;
    map_.fault(order == 0 ? FaultCode::duplicate_subkey : FaultCode::wrong_order, at,
               order == 0 ? "two subkeys of the same name" : "subkeys out of order",
               fmt::format("a name after \"{}\"", to_utf8(siblings.last_name.decode())),
               fmt::format("\"{}\"", to_utf8(name.decode())));
  }

  void check_hint(SubkeyListKind kind, const SubkeyListEntry& entry, const NameView& name,
                  std::uint64_t at) {
    if (!misleads(kind, entry, name)) return;
    if (kind == SubkeyListKind::lh) {
      map_.fault(FaultCode::wrong_hash, at + 4, "a subkey list has a wrong hash of a name",
                 fmt::format("{:#010x}", name_hash(name)), fmt::format("{:#010x}", entry.hint));
    } else {
      map_.fault(FaultCode::wrong_hint, at + 4, "a subkey list has a wrong hint of a name",
                 fmt::format("{:#010x}", name_hint(name.decode())),
                 fmt::format("{:#010x}", entry.hint));
    }
  }

  CheckMap& map_;
  SecurityUse& security_;
  std::vector<CellOffset> pending_;
};

}  // namespace

void check_keys(CheckMap& map, SecurityUse& security) { Walk(map, security).run(); }

}  // namespace goldhive::hive
