// The checks. Each topic is one file with one function, and one row in the table of checks.cc; to
// add a check, write the file and add the row (docs/adding-a-check.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/finding.h"
#include "src/policy/policy.h"
#include "src/windows/facts.h"

namespace goldhive::policy {

/// What `goldhive explain` prints.
struct Explanation {
  std::string_view summary;  ///< one line
  std::string_view meaning;
  std::string_view why;
  std::string_view fix;
  std::string_view source;
};

/// The hives a check draws its verdict from: if one is dirty, the verdict is possibly stale.
enum class DrawsOn { nothing, software, system };

struct Check {
  std::string_view id;
  DrawsOn draws_on = DrawsOn::nothing;
  /// Of its rows that are neither pass nor not-applicable, unless the policy says otherwise;
  /// nullopt where each row brings its own (Schannel rules have one each).
  std::optional<Severity> severity;
  Explanation explanation;
  /// Appends its rows. Pure: facts and policy in, findings out.
  void (*run)(const windows::Installation&, const Policy&, std::vector<Finding>&) = nullptr;
};

/// All checks, in report order.
const std::vector<Check>& all_checks();
/// Null if there is none of that id.
const Check* find_check(std::string_view id);

/// Runs every check the policy asks for; applies severities, staleness and waivers.
/// `today`: "YYYY-MM-DD", for the end dates of waivers (the libraries never read the clock).
/// Error(usage) if it is not such a date.
std::vector<Finding> evaluate(const windows::Installation&, const Policy&, std::string_view today);

}  // namespace goldhive::policy
