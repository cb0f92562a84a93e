// Fails on a rule that a comment names and docs/rules.md does not have.
//
// A comment says "docs/rules.md, C5", "rule C5" or "rules C2 to C5, I8". docs/rules.md begins a
// topic with "## C. " and a rule with "**C5.** ".
#include <filesystem>
#include <iostream>
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

}  // namespace

int main() {
  const std::string document = text_of(top / "docs/rules.md");
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
  return named > 0 && absent == 0 ? 0 : 1;
}
