// Fails on a rule that a comment names and docs/rules.md does not have, and on a rule of its
// section I that nothing shows: it has two trees in fixtures/rules, or a test that a row of
// docs/rules.md names, or that document says that it is not followed yet.
//
// A comment says "docs/rules.md, C5", "rule C5" or "rules C2 to C5, I8". docs/rules.md begins a
// topic with "## C. " and a rule with "**C5.** ".
#include <filesystem>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "sources.h"

namespace {

/// The text without the signs of comments at the start of lines: a name may go on in the next line.
std::string without_breaks(const std::string& text) {
  static const std::regex line_break("\n\\s*(//[/!]?<?|;)\\s*");
  return std::regex_replace(text, line_break, " ");
}

/// All that the comments of one file name.
std::set<std::string> rules_named_in(const std::filesystem::path& file) {
  static const std::string one = "(?:0|[A-I][0-9]*)\\b";
  static const std::regex single("(" + one + ")");
  static const std::regex names("(?:docs/rules\\.md,|\\b[Rr]ules?) (" + one +
                                "(?:(?:, | and | to )" + one + ")*)");
  std::set<std::string> rules;
  const std::string text = text_of(file);
  if (text.find("ule") == std::string::npos) return rules;  // most files: the rest takes long
  for (const std::string& list : found_in(without_breaks(text), names)) {
    rules.merge(found_in(list, single));
  }
  return rules;
}

/// A row "| I21 | `tests/policy/dotnet_test.cc`: Exactly 1 switches a .NET value on |" of the
/// document whose test is there.
std::set<std::string> rules_with_a_test(const std::string& document) {
  std::set<std::string> shown;
  const std::regex row("\n\\| (I[0-9]+) \\| `([^`\n]+)`: ([^|\n]+) \\|");
  for (std::sregex_iterator match(document.begin(), document.end(), row), end; match != end;
       ++match) {
    const std::string test = "TEST_CASE(\"" + (*match)[3].str() + "\")";
    const std::string file =
        std::regex_replace(text_of(top / (*match)[2].str()), std::regex("\\(\n +"), "(");
    if (file.find(test) != std::string::npos) {
      shown.insert((*match)[1]);
    } else {
      std::cout << (*match)[2] << " has no " << test << '\n';
    }
  }
  return shown;
}

/// The rules of section I that nothing shows.
int count_rules_without_proof(const std::string& document) {
  std::map<std::string, int> trees;
  for (const auto& entry : std::filesystem::directory_iterator(top / "fixtures/rules")) {
    const std::string name = entry.path().filename().string();
    if (name.size() < 4 || name[0] != 'i') continue;
    const std::string digits = name.substr(1, name.find('-') - 1);
    ++trees["I" + std::to_string(std::stoi(digits))];
  }
  const std::set<std::string> tested = rules_with_a_test(document);
  std::smatch open;
  std::regex_search(document, open, std::regex("Not followed yet, or not in full: ([^.]*)\\."));
  const std::set<std::string> excused = found_in(open[1].str(), std::regex("(I[0-9]+)"));
  int without = 0;
  for (const std::string& rule : found_in(document, std::regex("\n\\*\\*(I[0-9]+)\\.\\*\\* "))) {
    if (trees[rule] >= 2 || tested.count(rule) != 0 || excused.count(rule) != 0) continue;
    std::cout << "docs/rules.md, " << rule << ": neither two trees in fixtures/rules nor a test\n";
    ++without;
  }
  return without;
}

}  // namespace

int main() {
  const std::string document = text_of(top / "docs/rules.md");
  const int without = count_rules_without_proof(document);
  std::set<std::string> rules = found_in(document, std::regex("\n\\*\\*([A-Z][0-9]+)\\.\\*\\* "));
  rules.merge(found_in(document, std::regex("\n## ([0A-Z])\\. ")));
  int named = 0, absent = 0;
  for (const char* folder : {"fixtures", "imgtools", "src", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(top / folder)) {
      const std::filesystem::path& file = entry.path();
      if (file.parent_path() == top / "tests/layers") continue;  // these are about names themselves
      if (file.extension() != ".cc" && file.extension() != ".h" && file.extension() != ".recipe") {
        continue;
      }
      for (const std::string& rule : rules_named_in(file)) {
        ++named;
        if (rules.count(rule) != 0) continue;
        std::cout << file.string() << " names a rule that docs/rules.md has not: " << rule << '\n';
        ++absent;
      }
    }
  }
  std::cout << named << " rules named, " << absent << " missing\n";
  return named > 0 && absent == 0 && without == 0 ? 0 : 1;
}
