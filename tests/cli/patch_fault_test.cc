// The whole of `goldhive patch` on a disk that dies at every operation. The old hives or the new
// ones must be left: for a reader of the journal at once, and in the files after `recover`.
#include <catch2/catch.hpp>
#include <iostream>

#include "fixtures/recipe.h"
#include "src/patch/patch_target.h"
#include "src/patch/undo_target.h"
#include "src/policy/policy.h"
#include "tests/support/every_stop.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::Fault;
using goldhive::testing::FaultyStorage;
using goldhive::testing::Loss;
using goldhive::testing::PowerCut;

const std::string tree = "/disk/win7";

struct Hives {
  Bytes software, system;
  bool operator==(const Hives&) const = default;
};

Hives hives_in(const FaultyStorage& storage) {
  return {storage.contents(tree + "/SOFTWARE"), storage.contents(tree + "/SYSTEM")};
}

patch::PatchSettings settings(const policy::Policy& policy) {
  patch::PatchSettings settings;
  settings.target.policy = &policy;
  settings.target.today = "2026-01-31";
  settings.edit.now = 131000000000000000;
  settings.edit.cross_check = false;  // reads only; the other tests have it on
  return settings;
}

}  // namespace

TEST_CASE("A patch that dies at any operation leaves the old hives or the new ones") {
  const policy::Policy policy = policy::builtin_policy("baseline");
  const patch::PatchSettings options = settings(policy);
  FaultyStorage start;
  for (const auto& [path, content] : fixtures::load_recipe("layout-flat").files) {
    start.put(tree + "/" + path, content);
  }
  const Hives before = hives_in(start);
  FaultyStorage finished = start;
  finished.fail_at(~std::uint64_t{0}, Fault::none);
  const report::TargetReport report = patch::patch_target(finished, tree, tree, options);
  REQUIRE_FALSE(report.error);
  const Hives after = hives_in(finished);
  REQUIRE_FALSE(before == after);

  std::size_t points = 0, left_old = 0, left_new = 0;
  at_every_stop(
      start, finished.operations(),
      [&](FaultyStorage& storage) { patch::patch_target(storage, tree, tree, options); },
      [&](FaultyStorage& rebooted, std::uint64_t at) {
        patch::recover_target(rebooted, tree, {}, false);
        const Hives left = hives_in(rebooted);
        ++points;
        if (left == before) {
          ++left_old;
        } else if (left == after) {
          ++left_new;
        } else {
          FAIL("a third state after operation " << at);
        }
      });
  std::cout << "patch: " << points << " reboots, " << left_old << " old, " << left_new
            << " new, 0 bad\n";
  CHECK(left_old > 0);
  CHECK(left_new > 0);
}

}  // namespace goldhive::tests
