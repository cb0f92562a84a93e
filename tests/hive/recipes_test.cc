// The reader on every hive of the recipes, beside hivex.
#include <catch2/catch.hpp>
#include <memory>

#include "fixtures/recipe.h"
#include "src/hive/recovery.h"
#include "tests/fixtures/hivex_model.h"
#include "tests/hive/hive_model.h"

using namespace goldhive;
using namespace goldhive::hive;
using namespace goldhive::testing;

namespace {

/// Calls f(recipe, path, hive) for every hive of fixtures/recipes.
template <typename Call>
void for_each_hive(const Call& f) {
  for (const std::string& file : fixtures::recipe_files("recipes")) {
    const fixtures::Recipe recipe = fixtures::load_recipe(file);
    for (const auto& [path, hive] : recipe.hives) {
      CAPTURE(recipe.name, path);
      f(recipe, path, hive);
    }
  }
}

std::shared_ptr<const ByteSource> source(const fixtures::Recipe& recipe, const std::string& path) {
  const auto found = recipe.files.find(path);
  if (found == recipe.files.end()) return nullptr;
  return std::make_shared<MemorySource>(found->second, path);
}

}  // namespace

TEST_CASE("the reader and hivex read the same from every hive of the recipes") {
  for_each_hive([](const auto& recipe, const std::string& path, const auto&) {
    const fixtures::KeyModel ours = read_model(Hive::open(source(recipe, path)).root());
    CHECK(difference(ours, fixtures::read_with_hivex(recipe.files.at(path))) == "");
  });
}

TEST_CASE("every dirty hive of the recipes recovers to what its logs add") {
  int recovered = 0;
  for_each_hive([&](const auto& recipe, const std::string& path, const auto& hive) {
    if (!hive.dirty || !hive.keep_logs) return;
    ++recovered;
    const OpenedHive opened = open_with_logs(
        source(recipe, path), {source(recipe, path + ".LOG"), source(recipe, path + ".LOG1"),
                               source(recipe, path + ".LOG2")});
    CHECK(opened.state == HiveState::recovered);
    REQUIRE(opened.hive);
    const Bytes after = fixtures::build_hive(hive.dirty->after, hive.options);
    CHECK(difference(read_model(opened.hive->root()), fixtures::read_with_hivex(after)) == "");
  });
  CHECK(recovered == 4);
}
