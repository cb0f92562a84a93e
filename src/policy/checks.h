// The checks. Each topic is one file with one function, and one row in the table of checks.cc; to
// add a check, write the file and add the row (docs/adding-a-check.md).
#pragma once

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

struct Check {
  std::string_view id;
  Explanation explanation;
  /// Appends its rows. Pure: facts and policy in, findings out.
  void (*run)(const windows::Installation&, const Policy&, std::vector<Finding>&);
};

/// All checks, in report order.
const std::vector<Check>& all_checks();
/// Null if there is none of that id.
const Check* find_check(std::string_view id);

/// Runs every check the policy asks for; applies severities, staleness and waivers.
/// `today`: "YYYY-MM-DD", for the end dates of waivers (the libraries never read the clock).
std::vector<Finding> evaluate(const windows::Installation&, const Policy&, std::string_view today);

}  // namespace goldhive::policy
