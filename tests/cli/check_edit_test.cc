// What is asked of a hive that was written, when it is read back.
#include "src/patch/check_edit.h"

#include <catch2/catch.hpp>

#include "fixtures/recipe.h"
#include "imgtools/bytes/error.h"
#include "tests/support/memory_tree.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::MemoryTree;

/// A sound hive as it was checked; a test changes what is read back of it.
struct Written {
  Written() {
    const MemorySource source(bytes, "SOFTWARE");
    const hive::CheckResult found = hive::check(source);
    expected.path = "SOFTWARE";
    expected.edited = std::make_shared<ResidentSource>(source);
    expected.faults = found.fault_count;
    expected.keys = found.keys;
    expected.values = found.values;
  }
  std::string refusal() const {
    MemoryTree tree;
    tree.add("SOFTWARE", bytes);
    try {
      patch::require_written(tree, expected);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::refused);
      return e.what();
    }
    return "";
  }
  Bytes bytes = fixtures::load_recipe("layout-flat").files.at("SOFTWARE");
  patch::WrittenHive expected;
};

}  // namespace

TEST_CASE("A written hive is refused for each byte that it was not checked with") {
  Written hive;
  CHECK_THAT(hive.refusal(), Catch::Equals(""));
  SECTION("in a name") {
    hive.bytes.at(hive.bytes.size() - 1) ^= 1;
    CHECK_THAT(hive.refusal(), Catch::Contains("SOFTWARE: the written hive does not read back as "
                                               "it was checked (at 0x"));
  }
  SECTION("at its end") {
    hive.bytes.push_back(0);
    CHECK_THAT(hive.refusal(), Catch::Contains(" bytes expected, "));
  }
}

TEST_CASE("A written hive whose edited bytes were let go is checked as a whole") {
  Written hive;
  hive.expected.edited.reset();
  CHECK_THAT(hive.refusal(), Catch::Equals(""));
  SECTION("its structure") {
    const Bytes key{'n', 'k'};
    const auto at =
        std::search(hive.bytes.begin() + 4200, hive.bytes.end(), key.begin(), key.end());
    REQUIRE(at != hive.bytes.end());
    *at = 'x';
  }
  SECTION("the number of its keys") { hive.expected.keys += 1; }
  SECTION("the number of its values") { hive.expected.values -= 1; }
  CHECK_THAT(hive.refusal(), Catch::Contains("the written hive has "));
}

}  // namespace goldhive::tests
