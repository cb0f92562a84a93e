// The checker on hives of Windows, which must have nothing that refuses an edit, and on those that
// the author of another parser broke on purpose.
#include <catch2/catch.hpp>

#include <set>

#include "src/hive/checker.h"
#include "src/hive/recovery.h"
#include "tests/support/corpus.h"

using namespace goldhive;
using namespace goldhive::hive;
using goldhive::testing::corpus_file;
using goldhive::testing::has_corpus;

namespace {

std::set<std::string> refusals(const CheckResult& result) {
  std::set<std::string> codes;
  for (const Fault& fault : result.faults) {
    if (fault.harm == Harm::refuse) codes.insert(to_string(fault.code));
  }
  return codes;
}

std::set<std::string> refusals(const std::string& path) {
  return refusals(check(*corpus_file(path)));
}

}  // namespace

TEST_CASE("the SYSTEM hive of a Windows 7 has no fault at all") {
  if (!has_corpus()) return;
  const CheckResult result = check(*corpus_file("real/SYSTEM.win7"));
  CHECK(result.fault_count == 0);
  CHECK(result.keys == 30756);
  CHECK(result.values == 73456);
  CHECK(result.big_values == 8);
  CHECK(result.security_cells == 193);
  CHECK(result.orphan_cells == 0);
}

TEST_CASE("hives of Windows with odd content have no fault that refuses an edit") {
  if (!has_corpus()) return;
  for (const char* name : {"EmptyHive", "BigDataHive", "ManySubkeysHive", "GarbageHive", "PairHive",
                           "UnicodeHive", "BogusKeyNamesHive", "StringValuesHive", "CompHive"}) {
    INFO(name);
    CHECK(refusals(std::string("edge/") + name).empty());
  }
}

TEST_CASE("recovered hives have no fault that refuses an edit") {
  if (!has_corpus()) return;
  for (const std::string path :
       {"dirty/OldDirtyHive/OldDirtyHive", "dirty/NewDirtyHive1/NewDirtyHive",
        "dirty/BadBaseBlockHive/BadBaseBlockHive", "dirty/transactions_NTUSER/NTUSER.DAT"}) {
    INFO(path);
    const OpenedHive hive = open_with_logs(
        corpus_file(path), {nullptr, corpus_file(path + ".LOG1"), corpus_file(path + ".LOG2")});
    REQUIRE(hive.state == HiveState::recovered);
    CHECK(check(*hive.contents).safe_to_edit());
  }
}

TEST_CASE("what was broken on purpose is named") {
  if (!has_corpus()) return;
  using Codes = std::set<std::string>;
  CHECK(refusals("edge/DuplicateSubkeysHive") == Codes{"duplicate-subkey"});
  CHECK(refusals("edge/WrongOrderHive") == Codes{"wrong-order"});
  CHECK(refusals("edge/BadListHive") == Codes{"doubly-used-cell"});
  CHECK(refusals("edge/TruncatedNameHive") == Codes{"bad-key"});
  CHECK(refusals("edge/DeletedDataHiveTruncated") == Codes{"bad-cell-reference"});
  CHECK(refusals("edge/EffectiveSizeHive") == Codes{"wrong-bins-size"});
  CHECK(refusals("edge/TruncatedHive").count("wrong-bins-size") == 1);
}
