#include "src/windows/hive_with_logs.h"

#include <catch2/catch.hpp>

#include "tests/support/memory_tree.h"
#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

using goldhive::testing::MemoryTree;

const std::string config = "Windows/System32/config/";

std::vector<std::string> logs_beside_software(MemoryTree& tree, bool use_logs = true) {
  tree.add(config + "SOFTWARE", {'r', 'e', 'g', 'f'});
  HiveWithLogs files(tree, config + "SOFTWARE");
  files.open(use_logs);
  std::vector<std::string> paths;
  for (const auto& [path, log] : files.logs()) paths.push_back(path);
  return paths;
}

TEST_CASE("the logs of a hive are those with its name, in any case") {
  MemoryTree tree;
  for (const char* name : {"software.log", "SOFTWARE.LOG1", "SOFTWARE.Log2", "SOFTWARE.LOG3",
                           "SYSTEM.LOG1", "SOFTWARE.blf"}) {
    tree.add(config + name, {});
  }
  CHECK(logs_beside_software(tree) ==
        std::vector{config + "software.log", config + "SOFTWARE.LOG1", config + "SOFTWARE.Log2"});
}

TEST_CASE("no log is looked for where logs are switched off") {
  MemoryTree tree;
  tree.add(config + "SOFTWARE.LOG1", {});
  CHECK(logs_beside_software(tree, false).empty());
  CHECK(logs_beside_software(tree).size() == 1);
}

TEST_CASE("a folder with the name of a log is none, and a log that cannot be opened is an error") {
  MemoryTree tree;
  tree.add_directory(config + "SOFTWARE.LOG");
  CHECK(logs_beside_software(tree).empty());
  tree.add(config + "SOFTWARE.LOG1", {});
  tree.make_unreadable(config + "SOFTWARE.LOG1");
  CHECK_THROWS_AS(logs_beside_software(tree), Error);
}

TEST_CASE("logs whose names differ only in case leave a hive that needs them unread") {
  MemoryTree tree;
  tree.add(config + "SOFTWARE.LOG1", {});
  tree.add(config + "software.log1", {});
  Bytes dirty = hive_of("[A]\n");
  HiveWithLogs clean(tree, (tree.add(config + "SOFTWARE", dirty), config + "SOFTWARE"));
  CHECK_NOTHROW(clean.open());
  CHECK(clean.twin_log());
  dirty[4] ^= 1;  // the first sequence number
  tree.add(config + "SOFTWARE", dirty);
  HiveWithLogs files(tree, config + "SOFTWARE");
  CHECK_THROWS_AS(files.open(), Error);
  HiveWithLogs without(tree, config + "SOFTWARE");
  CHECK_NOTHROW(without.open(false));
}

}  // namespace
}  // namespace goldhive::windows
