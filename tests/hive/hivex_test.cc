// The reader against hivex, key by key and byte by byte: on every hive of the fixtures and of the
// corpus that hivex can read.
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>

#include "fixtures/recipe.h"
#include "tests/fixtures/hivex_model.h"
#include "tests/hive/hive_model.h"
#include "tests/hive/test_hive.h"
#include "tests/support/corpus.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

struct Comparison {
  std::set<std::string> same;
  std::set<std::string> refused_by_hivex;
  std::set<std::string> refused_by_us;  ///< and not by hivex

  void add(const std::string& name, const Bytes& bytes, bool nul_ends_name = false) {
    fixtures::KeyModel theirs;
    try {
      theirs = fixtures::read_with_hivex(bytes);
    } catch (const std::runtime_error&) {
      refused_by_hivex.insert(name);
      return;
    }
    try {
      const fixtures::KeyModel ours = read_model(open_hive(bytes).root());
      INFO(name);
      CHECK(difference(ours, theirs, nul_ends_name) == "");
      same.insert(name);
    } catch (const Error&) {
      refused_by_us.insert(name);
    }
  }
};

}  // namespace

TEST_CASE("every hive of the fixtures reads as hivex reads it") {
  Comparison comparison;
  std::set<Bytes> seen;  // many recipes share a hive
  for (const char* folder : fixtures::recipe_folders) {
    for (const std::string& file : fixtures::recipe_files(folder)) {
      const fixtures::Recipe recipe = fixtures::load_recipe(file);
      for (const auto& [path, draft] : recipe.hives) {
        const Bytes& bytes = recipe.files.at(path);
        if (seen.insert(bytes).second) comparison.add(recipe.name + ": " + path, bytes);
      }
    }
  }
  CHECK(comparison.same.size() > 60);
  CHECK(comparison.refused_by_hivex == std::set<std::string>{});
  CHECK(comparison.refused_by_us == std::set<std::string>{});
}

TEST_CASE("corpus: every hive that hivex reads we read and it is the same") {
  if (!has_corpus()) return;
  Comparison comparison;
  for (const std::string& path : corpus_files("")) {
    const std::string name = path.substr(path.rfind('/') + 1);
    // hivex gives names as C strings.
    comparison.add(name, corpus_file(path)->data(), name == "BogusKeyNamesHive");
  }
  CHECK(comparison.same.size() >= 15);
  CHECK(comparison.same.count("SYSTEM.win7") == 1);
  CHECK(comparison.same.count("NTUSER.DAT") == 1);
  // Two keys share one list: hivex gives its keys twice, once below a key that is not theirs.
  CHECK(comparison.refused_by_us == std::set<std::string>{"BadListHive"});
}
