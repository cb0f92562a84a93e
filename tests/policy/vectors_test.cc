// The test vectors of docs/rules.md and the Windows trees of fixtures/recipes, from bytes to
// verdicts: recipe -> tree in memory -> facts -> findings. Each recipe states its verdicts.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "fixtures/recipe.h"
#include "src/policy/checks.h"
#include "src/policy/plan.h"
#include "src/windows/inspect.h"
#include "tests/support/memory_tree.h"

using namespace goldhive;
using policy::Finding;
using policy::Severity;
using policy::Verdict;

namespace {

std::vector<windows::Installation> inspect(const fixtures::Recipe& recipe) {
  Volume volume;
  volume.tree = std::make_shared<testing::MemoryTree>(recipe.files);
  return windows::inspect(volume, recipe.name, {});
}

std::vector<Finding> judge(const windows::Installation& installation,
                           const std::string& policy_name) {
  return policy::evaluate(installation, policy::builtin_policy(policy_name), "2026-01-01");
}

/// "VALUE=DATA HIVE\KEY", DATA a number in hex, "deleted", or the bytes of another type.
std::string describe(const policy::Edit& edit) {
  std::string data = "deleted";
  if (edit.after && edit.after->type == hive::ValueType::dword && edit.after->data.size() == 4) {
    data = fmt::format("{:#x}", ByteView(edit.after->data, 0, edit.value).u32(0));
  } else if (edit.after) {
    data = fmt::format("{:02x}", fmt::join(edit.after->data, ","));
  }
  return fmt::format("{}={} {}\\{}", edit.value, data, windows::to_string(edit.hive), edit.key);
}

std::string control_set(const Finding& finding) {
  return finding.control_set ? windows::control_set_name(*finding.control_set) : "";
}

bool matches(const Finding& finding, const fixtures::ExpectedVerdict& expected) {
  return finding.id == expected.check &&
         (expected.row.empty() || expected.row == control_set(finding) ||
          expected.row == finding.subject ||
          (finding.view && expected.row == windows::to_string(*finding.view)));
}

bool mentions(const Finding& finding, const std::string& words) {
  if (finding.message.find(words) != std::string::npos) return true;
  return std::any_of(
      finding.evidence.begin(), finding.evidence.end(),
      [&](const std::string& line) { return line.find(words) != std::string::npos; });
}

/// What a reader of the report would look at: not a pass, not beside the point, not information.
bool remarkable(const Finding& finding) {
  return finding.severity != Severity::info && finding.verdict != Verdict::pass &&
         finding.verdict != Verdict::not_applicable;
}

std::string describe(const Finding& finding) {
  return fmt::format("{} {}{}{} {}: {}", finding.id,
                     finding.view ? windows::to_string(*finding.view) : "", control_set(finding),
                     finding.subject, policy::to_string(finding.verdict), finding.message);
}

/// The exit code of a scan, as docs/report.md has it.
int exit_code(const std::vector<Finding>& findings) {
  int code = 0;
  for (const Finding& f : findings) {
    if (!remarkable(f)) continue;
    if (f.verdict == Verdict::undetermined) code = 2;
    if (f.verdict == Verdict::fail) code = std::max(code, 1);
  }
  return code;
}

/// One line for each disagreement.
std::string disagreements(const fixtures::Recipe& recipe, const std::vector<Finding>& findings) {
  std::string out;
  for (const fixtures::ExpectedVerdict& expected : recipe.expected) {
    const std::string what = fmt::format("{} {}", expected.check, expected.row);
    bool any = false;
    for (const Finding& finding : findings) {
      if (!matches(finding, expected)) continue;
      if (expected.row.empty() && finding.severity == Severity::info && any) continue;
      any = true;
      if (expected.verdict != policy::to_string(finding.verdict)) {
        out += fmt::format("{}: want {}, got {}\n", what, expected.verdict, describe(finding));
      } else if (!mentions(finding, expected.mentions)) {
        out +=
            fmt::format("{}: no mention of '{}': {}\n", what, expected.mentions, describe(finding));
      }
    }
    if (!any) out += fmt::format("{}: no such row\n", what);
  }
  for (const Finding& finding : findings) {
    const bool expected = std::any_of(recipe.expected.begin(), recipe.expected.end(),
                                      [&](const auto& e) { return matches(finding, e); });
    if (!expected && remarkable(finding)) out += "not expected: " + describe(finding) + "\n";
  }
  return out;
}

std::vector<std::string> planned(const windows::Installation& installation,
                                 const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const policy::Edit& edit : policy::make_plan(installation, findings, {})) {
    out.push_back(describe(edit));
  }
  return out;
}

void check_folder(const std::string& folder) {
  for (const std::string& file : fixtures::recipe_files(folder)) {
    const fixtures::Recipe recipe = fixtures::load_recipe(file);
    if (recipe.expected.empty() && recipe.expected_exit < 0) continue;
    CAPTURE(recipe.name);
    // A tree of several installations states no rows, as these would not say whose they are.
    const auto installations = inspect(recipe);
    CHECK(installations.size() == (recipe.expected.empty() ? 2 : 1));
    int code = 0;
    for (const windows::Installation& installation : installations) {
      const std::vector<Finding> findings = judge(installation, recipe.policy);
      code = std::max(code, exit_code(findings));
      if (!recipe.expected.empty()) CHECK(disagreements(recipe, findings) == "");
      if (!recipe.expected_edits) continue;
      CHECK_THAT(planned(installation, findings), Catch::UnorderedEquals(*recipe.expected_edits));
    }
    CHECK(code == recipe.expected_exit);
  }
}

}  // namespace

TEST_CASE("every test vector gets the verdicts that its recipe states") { check_folder("vectors"); }

TEST_CASE("every state of docs/rules.md gets the verdicts and edits that its recipe states") {
  check_folder("rules");
}

TEST_CASE("every Windows tree of the fixtures gets the verdicts that its recipe states") {
  check_folder("recipes");
}
