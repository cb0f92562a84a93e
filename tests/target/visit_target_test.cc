#include "src/target/visit_target.h"

#include <catch2/catch.hpp>

#include "fixtures/recipe.h"
#include "src/target/inspect_target.h"
#include "tests/support/faulty_storage.h"

namespace goldhive::tests {
namespace {

using target::OpenTarget;

/// One Windows in C, one in C/Windows.old.
testing::FaultyStorage two_installations() {
  testing::FaultyStorage storage;
  for (const auto& [path, content] : fixtures::load_recipe("windows-7-sp1-x64").files) {
    storage.put("/disk/C/" + path, content);
    storage.put("/disk/C/Windows.old/" + path, content);
  }
  return storage;
}

std::vector<std::string> found_by_visit(const ReadStorage& storage, const std::string& name) {
  const OpenTarget open(storage, target::split_target(storage, name), OpenOptions{});
  std::vector<target::Found> found;
  CHECK_FALSE(open.find_installations({}, found));
  std::vector<std::string> ids;
  for (const target::Found& each : found) {
    CHECK(open.volume(each.volume).index == each.volume);
    ids.push_back(each.facts.id);
  }
  return ids;
}

std::vector<std::string> found_by_scan(const ReadStorage& storage, const std::string& name) {
  std::vector<std::string> ids;
  const report::TargetReport report = target::inspect_target(storage, name, {});
  CHECK_FALSE(report.error);
  for (const auto& row : report.installations) ids.push_back(row.facts.id);
  return ids;
}

}  // namespace

TEST_CASE("A patch finds the installations that a scan finds, by any name of them") {
  const testing::FaultyStorage storage = two_installations();
  const std::vector<std::string> both = {"/disk/C:/", "/disk/C:/Windows.old"};
  CHECK(found_by_visit(storage, "/disk/C") == both);
  CHECK(found_by_scan(storage, "/disk/C") == both);
  for (const std::string& id : both) {
    CHECK(found_by_visit(storage, id) == std::vector{id});
    CHECK(found_by_scan(storage, id) == std::vector{id});
  }
}

TEST_CASE("A visitor that fails does not end the visit, and its error names the volume") {
  const testing::FaultyStorage storage = two_installations();
  const OpenTarget open(storage, {"/disk/C", ""}, OpenOptions{});
  std::size_t visits = 0;
  const std::optional<Error> error = open.visit([&](const target::VisitedVolume& visited) {
    ++visits;
    CHECK(&visited.volume == &open.image().volumes()[visited.index]);
    throw Error(ErrorKind::corrupt, "broken");
  });
  CHECK(visits == open.image().volumes().size());
  REQUIRE(error);
  CHECK(std::string(error->what()) == "/disk/C: broken");
}

TEST_CASE("A volume that is not asked for is not visited") {
  const testing::FaultyStorage storage = two_installations();
  const OpenTarget open(storage, {"/disk/C", "@2"}, OpenOptions{});
  CHECK_FALSE(open.visit([](const target::VisitedVolume&) { FAIL("visited"); }));
  const report::TargetReport report = target::inspect_target(storage, "/disk/C@2", {});
  REQUIRE(report.error);
  CHECK(report.error->kind() == ErrorKind::not_found);
}

}  // namespace goldhive::tests
