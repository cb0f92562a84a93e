// Hives that Windows and the authors of parsers made: read as their README says.
#include <map>
#include <set>

#include "imgtools/bytes/text.h"
#include "src/hive/base_block.h"
#include "src/hive/subkey_search.h"
#include "tests/hive/hive_model.h"
#include "tests/hive/test_hive.h"
#include "tests/support/corpus.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::testing;

namespace {

Hive open_file(const std::string& path) { return Hive::open(corpus_file(path)); }

/// Looks every subkey up by its name in upper case; of a key with very many, some 50. Names that
/// UTF-8 cannot carry are left out.
std::size_t keys_not_found(const Key& top, const ErrorSink& on_error = {}) {
  std::size_t missing = 0;
  std::vector<Key> pending{top};
  while (!pending.empty()) {
    const Key key = pending.back();
    pending.pop_back();
    std::vector<Key> subkeys = key.subkeys([](const Error&) {});
    const std::size_t step = subkeys.size() / 50 + 1;
    for (std::size_t i = 0; i < subkeys.size(); ++i) {
      const std::u16string name = nt_upcase(subkeys[i].name());
      const bool has_utf8 = to_utf16(to_utf8(name)) == name;
      if (i % step == 0 && has_utf8 && !key.find(to_utf8(name), on_error)) ++missing;
      pending.push_back(std::move(subkeys[i]));
    }
  }
  return missing;
}

}  // namespace

TEST_CASE("corpus: a Windows 7 SYSTEM hive gives all its keys and values") {
  if (!has_corpus()) return;
  const Hive hive = open_file("real/SYSTEM.win7");
  const TreeCount count = count_tree(hive);
  CHECK(count.keys == 30756);
  CHECK(count.values == 73456);
  CHECK(count.big_values == 8);
  CHECK(count.first_error == "");

  const Key select = hive.root().find("Select").value();
  const auto number = [&](const char* name) { return select.value(name)->data(); };
  CHECK(number("Current") == Bytes{1, 0, 0, 0});
  CHECK(number("Default") == Bytes{1, 0, 0, 0});
  CHECK(number("Failed") == Bytes{0, 0, 0, 0});
  CHECK(number("LastKnownGood") == Bytes{2, 0, 0, 0});
  for (const std::string set : {"ControlSet001", "ControlSet002"}) {
    const Key protocols =
        hive.root().find_path(set + "\\Control\\SecurityProviders\\SCHANNEL\\Protocols").value();
    CHECK(names(protocols.subkeys()) == std::vector<std::string>{"SSL 2.0"});
    CHECK(protocols.find_path("ssl 2.0\\CLIENT")->value("disabledbydefault")->data() ==
          Bytes{1, 0, 0, 0});
    CHECK_FALSE(protocols.find("TLS 1.2"));
  }
}

TEST_CASE("corpus: every hash in a hive written by Windows is the one we compute") {
  if (!has_corpus()) return;
  const Hive hive = open_file("real/SYSTEM.win7");
  std::size_t hashes = 0;
  std::size_t wrong = 0;
  std::vector<Key> pending{hive.root()};
  while (!pending.empty()) {
    const Key key = pending.back();
    pending.pop_back();
    std::map<CellOffset, Key> by_cell;
    for (const Key& subkey : key.subkeys()) {
      by_cell.emplace(subkey.cell(), subkey);
      pending.push_back(subkey);
    }
    if (by_cell.empty()) continue;
    const SubkeyList list = hive.file().subkey_list(key.node().subkey_list);
    if (list.kind != SubkeyListKind::lh) continue;
    for (const SubkeyListEntry& entry : list.entries) {
      ++hashes;
      if (entry.hint != name_hash(by_cell.at(entry.cell).name())) ++wrong;
    }
  }
  CHECK(hashes > 25000);
  CHECK(wrong == 0);
}

TEST_CASE("corpus: keys of every hive are found by their names") {
  if (!has_corpus()) return;
  CHECK(keys_not_found(open_file("real/SYSTEM.win7").root()) == 0);
  CHECK(keys_not_found(open_file("dirty/transactions_NTUSER/NTUSER.DAT").root()) == 0);
  for (const std::string& path : corpus_files("edge")) {
    const std::string name = path.substr(path.rfind('/') + 1);
    INFO(name);
    if (name == "TruncatedNameHive" || name == "TruncatedHive" || name == "BadListHive") continue;
    std::size_t faults = 0;
    CHECK(keys_not_found(open_file(path).root(), [&](const Error&) { ++faults; }) == 0);
    const bool out_of_order = name == "CompHive" || name == "WrongOrderHive";
    if (name != "DuplicateSubkeysHive") CHECK((faults != 0) == out_of_order);
  }
}

TEST_CASE("corpus: edge hives are read as far as they are sound") {
  if (!has_corpus()) return;
  struct Expected {
    const char* name;
    std::size_t keys, values;
    bool errors, dirty;
  };
  const Expected table[] = {
      {"EmptyHive", 1, 0, false, false},           {"BigDataHive", 2, 2, false, false},
      {"ManySubkeysHive", 5003, 0, false, false},  {"GarbageHive", 1, 0, false, true},
      {"EffectiveSizeHive", 5003, 0, false, true}, {"DuplicateSubkeysHive", 5003, 0, false, false},
      {"WrongOrderHive", 11, 0, false, false},     {"BadListHive", 6, 0, true, false},
      {"TruncatedNameHive", 1, 0, true, false},    {"PairHive", 4, 0, false, false},
      {"UnicodeHive", 3, 0, false, false},         {"CompHive", 4, 0, false, false},
      {"BogusKeyNamesHive", 3, 0, false, false},   {"StringValuesHive", 2, 4, false, false},
      {"TruncatedHive", 2, 0, true, false},        {"DeletedDataHiveTruncated", 2, 0, true, false},
  };
  for (const Expected& expected : table) {
    INFO(expected.name);
    const Hive hive = open_file(std::string("edge/") + expected.name);
    const TreeCount count = count_tree(hive);
    INFO(count.first_error);
    CHECK(count.keys == expected.keys);
    CHECK(count.values == expected.values);
    CHECK((count.errors != 0) == expected.errors);
    CHECK(hive.base_block().is_dirty() == expected.dirty);
  }
  CHECK(open_file("edge/GarbageHive").base_block().bins_size == 4096);
  CHECK(open_file("edge/EffectiveSizeHive").base_block().bins_size == 487424);

  std::set<std::size_t> sizes;
  const Hive big = open_file("edge/BigDataHive");
  for (const Key& key : big.root().subkeys()) {
    for (const Value& value : key.values()) sizes.insert(value.data().size());
  }
  CHECK(sizes == std::set<std::size_t>{16345, 81725});

  const Hive name = open_file("edge/TruncatedNameHive");
  const Error e = corruption([&] { name.root().subkeys(); });
  CHECK(e.offset() == 0x11fcu);
  CHECK(e.expected() == "at most 16 bytes");
  CHECK(e.actual() == "22 bytes");
}

TEST_CASE("corpus: a log given as a hive is refused by name") {
  if (!has_corpus()) return;
  CHECK(corruption([&] { open_file("dirty/OldDirtyHive/OldDirtyHive.LOG1"); }).message() ==
        "a transaction log, not a hive");
}
