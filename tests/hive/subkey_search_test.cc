// An answer is certain or says why it is not. Whatever is wrong with a list, a key that is there is
// found, and the data behind the answer has no fault, or the fault is named.
#include "src/hive/subkey_search.h"

#include "imgtools/bytes/text.h"
#include "tests/hive/test_hive.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::testing;
using fixtures::HiveOptions;
using fixtures::ListKind;

namespace {

constexpr const char* text = "[K\\alpha{01..20}]\n[K\\beta{01..20}]\n[K\\gamma{01..20}]\n";

/// For questions about what the bytes say, whether they have faults or not.
const ErrorSink ignored = [](const Error&) {};

struct ListBytes {
  Bytes bytes;
  CellOffset key = no_cell;
  CellOffset top = no_cell;        ///< the list that the key names
  std::vector<CellOffset> leaves;  ///< the leaves below, or `top` itself
  std::vector<std::u16string> names;
  SubkeyListKind kind = SubkeyListKind::lh;

  Key open() const { return open_hive(bytes).root().find("K").value(); }

  /// Swaps two entries of a leaf (hints and all), or of an ri.
  void swap_entries(CellOffset list, std::size_t i, std::size_t j, std::size_t each) {
    const std::size_t base = field_at(list, subkey_list_entries_at);
    for (std::size_t b = 0; b < each; ++b) {
      std::swap(bytes[base + i * each + b], bytes[base + j * each + b]);
    }
  }
};

ListBytes make(ListKind kind, std::uint32_t leaf_limit) {
  HiveOptions options;
  options.lists = kind;
  options.leaf_limit = leaf_limit;
  options.minor_version = kind == ListKind::lh ? 5 : 3;
  ListBytes list;
  list.bytes = hive_bytes(text, options);
  const Hive hive = open_hive(list.bytes);
  const Key key = hive.root().find("K").value();
  list.key = key.cell();
  list.top = key.node().subkey_list;
  for (const Key& subkey : key.subkeys()) list.names.push_back(subkey.name());
  const SubkeyList top = hive.file().subkey_list(list.top);
  if (top.kind == SubkeyListKind::ri) {
    for (const SubkeyListEntry& entry : top.entries) list.leaves.push_back(entry.cell);
  } else {
    list.leaves.push_back(list.top);
  }
  list.kind = hive.file().subkey_list(list.leaves[0]).kind;
  return list;
}

void check_all_found(const ListBytes& list) {
  const Key key = list.open();
  REQUIRE(list.names.size() == 60);
  for (const std::u16string& name : list.names) {
    INFO(to_utf8(name));
    CHECK(key.find(to_utf8(name), ignored));
  }
  for (const char* absent : {"alph", "alpha21", "beta", "gamma20x", "zeta"}) {
    INFO(absent);
    CHECK_FALSE(key.find(absent, ignored));
  }
}

/// Why the answer for one name is not certain; "" if it is.
std::string doubt(const ListBytes& list, const std::u16string& name) {
  try {
    list.open().find(to_utf8(name));
    return "";
  } catch (const Error& e) {
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK(e.offset());
    return e.message();
  }
}

}  // namespace

TEST_CASE("keys with wrong hashes or hints are found all the same") {
  for (const ListKind kind : {ListKind::lh, ListKind::lf}) {
    for (const std::uint32_t limit : {1012u, 9u}) {
      ListBytes one = make(kind, limit);
      for (const CellOffset leaf : one.leaves) {
        put_u32(one.bytes, field_at(leaf, subkey_list_entries_at + 8 * 4 + 4), 0x12345678);
      }
      check_all_found(one);

      ListBytes all = make(kind, limit);
      for (const CellOffset leaf : all.leaves) {
        const std::size_t count = all.bytes[field_at(leaf, subkey_list_count_at)];
        for (std::size_t i = 0; i < count; ++i) {
          put_u32(all.bytes, field_at(leaf, subkey_list_entries_at + 8 * i + 4), 0x7a7a7a7a);
        }
      }
      check_all_found(all);
    }
  }
}

TEST_CASE("a key that Windows does not find by hash or order is found as misfiled") {
  for (const ListKind kind : {ListKind::lh, ListKind::lf, ListKind::li}) {
    for (const std::uint32_t limit : {1012u, 9u}) {
      const ListBytes sound = make(kind, limit);
      for (const std::u16string& name : sound.names) {
        CHECK_FALSE(sound.open().find(to_utf8(name))->is_misfiled());
      }
      if (kind != ListKind::li) {
        ListBytes list = sound;
        put_u32(list.bytes, field_at(list.leaves[0], subkey_list_entries_at + 8 * 4 + 4),
                0x12345678);
        CHECK(list.open().find(to_utf8(list.names[4]), ignored)->is_misfiled());
        CHECK_FALSE(list.open().find(to_utf8(list.names[5]), ignored)->is_misfiled());
      }
      if (kind != ListKind::lh) {  // the kernel ignores the order in an lh leaf
        ListBytes list = sound;
        list.swap_entries(list.leaves[0], 2, 7, entry_size(sound.kind));
        CHECK(list.open().find(to_utf8(list.names[2]), ignored)->is_misfiled());
      }
    }
    ListBytes list = make(kind, 9);
    list.swap_entries(list.top, 1, 5, 4);
    CHECK(list.open().find(to_utf8(list.names[10]), ignored)->is_misfiled());
  }
}

TEST_CASE("a key is certain only if the two beside it stand in order under right hashes") {
  for (const ListKind kind : {ListKind::lh, ListKind::lf, ListKind::li}) {
    for (const std::uint32_t limit : {1012u, 9u}) {
      const ListBytes sound = make(kind, limit);
      for (const std::u16string& name : sound.names) CHECK(doubt(sound, name).empty());
      // In leaves of 9 entries, 8 is the last of a leaf and 9 the first of the next.
      ListBytes list = sound;
      const std::size_t each = entry_size(sound.kind);
      if (each == 8) {
        put_u32(list.bytes, field_at(list.leaves[0], subkey_list_entries_at + 8 * 8 + 4),
                0x41414141);
        for (const std::size_t near : {7U, 8U, 9U})
          CHECK_FALSE(doubt(list, list.names[near]).empty());
        if (limit == 1012) {
          CHECK(doubt(list, list.names[6]).empty());
          CHECK(doubt(list, list.names[10]).empty());
        }
      }
      list = sound;
      list.swap_entries(list.leaves[0], 6, 7, each);
      for (const std::size_t near : {6U, 7U}) CHECK_FALSE(doubt(list, list.names[near]).empty());
    }
  }
}

TEST_CASE("a name is certain to be absent only if all of the leaf that would hold it is sound") {
  for (const std::uint32_t limit : {1012u, 9u}) {
    const ListBytes sound = make(ListKind::lh, limit);
    CHECK(doubt(sound, u"alpha00").empty());
    for (const std::size_t entry : {0U, 3U, 8U}) {
      ListBytes list = sound;
      put_u32(list.bytes, field_at(list.leaves[0], subkey_list_entries_at + 8 * entry + 4), 0x1234);
      CHECK(doubt(list, u"alpha00").find("wrong hash") != std::string::npos);
      CHECK(doubt(list, u"gamma99").empty() == (limit == 9));
    }
    ListBytes list = sound;
    list.swap_entries(list.leaves[0], 4, 5, 8);
    CHECK_FALSE(doubt(list, u"alpha00").empty());
    list = sound;  // with 9 a leaf: the last of one and the first of the next
    for (std::size_t b = 0; b < 8 && limit == 9; ++b) {
      std::swap(list.bytes[field_at(list.leaves[0], subkey_list_entries_at + 8 * 8 + b)],
                list.bytes[field_at(list.leaves[1], subkey_list_entries_at + b)]);
    }
    CHECK(doubt(list, u"alpha00").empty() == (limit != 9));
  }
}

TEST_CASE("keys out of order are found all the same") {
  for (const ListKind kind : {ListKind::lh, ListKind::lf, ListKind::li}) {
    for (const std::uint32_t limit : {1012u, 9u}) {
      const ListBytes sound = make(kind, limit);
      const std::size_t each = entry_size(sound.kind);
      ListBytes list = sound;
      for (const CellOffset leaf : list.leaves) list.swap_entries(leaf, 2, 5, each);
      check_all_found(list);

      list = sound;
      for (std::size_t i = 0; i < 30 && limit == 1012; ++i) {
        list.swap_entries(list.top, i, 59 - i, each);
      }
      check_all_found(list);
    }
  }
}

TEST_CASE("leaves out of order do not hide their keys") {
  for (const ListKind kind : {ListKind::lh, ListKind::lf, ListKind::li}) {
    const ListBytes sound = make(kind, 9);
    REQUIRE(sound.leaves.size() == 7);
    for (std::size_t i = 0; i < 7; ++i) {
      for (std::size_t j = i + 1; j < 7; ++j) {
        ListBytes list = sound;
        list.swap_entries(list.top, i, j, 4);
        check_all_found(list);
      }
    }
  }
}

TEST_CASE("a prefix search walks the lists where a comparison shows disorder") {
  const ListBytes sound = make(ListKind::lh, 1012);
  ListBytes list = sound;
  for (std::size_t i = 0; i < 30; ++i) list.swap_entries(list.top, i, 59 - i, 8);
  CHECK(list.open().find_prefix("BETA", ignored).size() == 20);
  CHECK(list.open().find_prefix("gamma1", ignored).size() == 10);
  CHECK(list.open().find_prefix("delta", ignored).empty());
  for (const char* prefix : {"BETA", "gamma1", "delta"}) {
    corruption([&] { list.open().find_prefix(prefix); });
  }
}

TEST_CASE("an unreadable list hides what is in it and makes every answer uncertain") {
  const ListBytes sound = make(ListKind::lh, 9);
  ListBytes list = sound;
  list.bytes[field_at(list.leaves[3], 0)] = 'x';  // alpha01.. beta07 are before it
  const Key key = list.open();
  CHECK(key.find("alpha03", ignored));
  CHECK(key.find("gamma20", ignored));
  corruption([&] { key.find("gamma20"); });
  CHECK(corruption([&] { key.find("beta09"); }).offset() == field_at(list.leaves[3], 0));
  corruption([&] { key.find("nothing"); });
  corruption([&] { key.find_prefix("beta"); });
  std::size_t errors = 0;
  CHECK(key.subkeys([&](const Error&) { ++errors; }).size() == 51);
  CHECK(errors == 2);  // the leaf, and the count that no longer fits
}

TEST_CASE("a list shorter than the key says makes every answer uncertain") {
  ListBytes list = make(ListKind::lh, 1012);
  put_u16(list.bytes, field_at(list.top, subkey_list_count_at), 59);
  CHECK(list.open().find("alpha01", ignored));
  corruption([&] { list.open().find("alpha01"); });
  CHECK(corruption([&] { list.open().find("gamma20"); }).offset() ==
        field_at(list.key, nk::subkey_count));
  corruption([&] { list.open().subkeys(); });
}

TEST_CASE("lists without entries make absence uncertain") {
  for (const std::uint32_t leaf_limit : {9U, 1012U}) {
    ListBytes list = make(ListKind::lh, leaf_limit);
    put_u16(list.bytes, field_at(list.top, subkey_list_count_at), 0);
    corruption([&] { list.open().find("alpha01"); });
    corruption([&] { list.open().find_prefix("alpha"); });
    std::size_t errors = 0;
    CHECK(list.open().subkeys([&](const Error&) { ++errors; }).empty());
    CHECK(errors == 1);
  }
  ListBytes one = make(ListKind::lh, 9);
  put_u16(one.bytes, field_at(one.leaves[3], subkey_list_count_at), 0);
  CHECK(one.open().find("gamma20", ignored));
  corruption([&] { one.open().find("nothing"); });
}

TEST_CASE("lists that hold themselves or each other end with an error") {
  ListBytes list = make(ListKind::lh, 9);
  put_u32(list.bytes, field_at(list.top, subkey_list_entries_at), list.top);
  std::vector<std::string> messages;
  CHECK(list.open().subkeys([&](const Error& e) { messages.push_back(e.message()); }).size() == 51);
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] == "a subkey list is named twice");
  CHECK(list.open().find("gamma20", ignored));
  corruption([&] { list.open().find("nothing"); });

  ListBytes twice = make(ListKind::lh, 9);
  put_u32(twice.bytes, field_at(twice.top, subkey_list_entries_at + 4), twice.leaves[0]);
  CHECK(twice.open().find("gamma20", ignored));
  corruption([&] { twice.open().find("nothing"); });
}

TEST_CASE("lists nested beyond what Windows writes end with an error") {
  ListBytes list = make(ListKind::lh, 9);
  // A chain of ri lists with one entry each, laid over the cells of the leaves: 0 -> 1 -> 2 ...
  for (std::size_t i = 0; i + 1 < list.leaves.size(); ++i) {
    list.bytes[field_at(list.leaves[i], 0)] = 'r';
    list.bytes[field_at(list.leaves[i], 1)] = 'i';
    put_u16(list.bytes, field_at(list.leaves[i], subkey_list_count_at), 1);
    put_u32(list.bytes, field_at(list.leaves[i], subkey_list_entries_at), list.leaves[i + 1]);
  }
  put_u16(list.bytes, field_at(list.top, subkey_list_count_at), 1);
  CHECK(corruption([&] { list.open().subkeys(); }).message() == "subkey lists are nested too deep");
}

TEST_CASE("a key listed twice is given once") {
  ListBytes list = make(ListKind::lh, 1012);
  const std::size_t base = field_at(list.top, subkey_list_entries_at);
  std::copy_n(list.bytes.begin() + static_cast<std::ptrdiff_t>(base), 8,
              list.bytes.begin() + static_cast<std::ptrdiff_t>(base + 8));
  std::vector<std::string> messages;
  CHECK(list.open().subkeys([&](const Error& e) { messages.push_back(e.message()); }).size() == 59);
  CHECK(messages == std::vector<std::string>{"a subkey is listed twice"});
}
