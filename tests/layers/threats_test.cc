// Fails on a test that docs/threats.md names and that is not there: a table that nobody holds
// against the tests would promise what was renamed or taken out long ago.
//
// A line "- SUITE: NAME" names a test as ctest does. NAME is that of a TEST_CASE, or in the suite
// "attacks" what follows "attack_" in a function of tests/attacks/attacks.sh.
#include <filesystem>
#include <iostream>
#include <regex>
#include <set>
#include <string>

#include "sources.h"

namespace {

std::set<std::string> names_of_tests() {
  // A long name stands in several pieces, which the compiler joins.
  const std::regex start("TEST_CASE\\(\\s*\"");
  const std::regex seam("\"\\s*\n\\s*\"");
  const std::regex name("TEST_CASE\\(\\s*\"([^\"]*)\"");
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(top / "tests")) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = text_of(entry.path());
    if (!std::regex_search(text, start)) continue;
    names.merge(found_in(std::regex_replace(text, seam, ""), name));
  }
  return names;
}

}  // namespace

int main() {
  const std::set<std::string> tests = names_of_tests();
  const std::set<std::string> attacks =
      found_in(text_of(top / "tests/attacks/attacks.sh"), std::regex("\nattack_(\\w+)\\(\\)"));
  const std::string table = text_of(top / "docs/threats.md");
  const std::regex line("\n- (\\w+): ([^\n]+)");
  int named = 0, absent = 0;
  for (std::sregex_iterator match(table.begin(), table.end(), line), end; match != end; ++match) {
    const bool is_attack = (*match)[1] == "attacks";
    ++named;
    if ((is_attack ? attacks : tests).count((*match)[2]) != 0) continue;
    std::cout << "docs/threats.md names no test: " << (*match)[1] << ": " << (*match)[2] << '\n';
    ++absent;
  }
  for (const std::string& attack : attacks) {
    if (table.find("- attacks: " + attack + '\n') != std::string::npos) continue;
    std::cout << "docs/threats.md lacks the attack " << attack << '\n';
    ++absent;
  }
  std::cout << named << " tests named, " << absent << " missing\n";
  return named > 0 && absent == 0 ? 0 : 1;
}
