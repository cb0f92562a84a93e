// The checks. A check describes itself: its file defines one `const Check`, with its id, its texts
// and its function, and checks.cc lists the names of all (docs/adding-a-check.md).
#pragma once

#include <optional>
#include <span>
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

/// The hive a check draws its verdict from: if it is dirty and its logs do not help, there is none.
enum class DrawsOn { nothing, software, system };

using Rows = std::vector<Finding>;

struct Check {
  std::string_view id;  ///< "schannel.fips"; it never changes its meaning
  DrawsOn draws_on = DrawsOn::nothing;
  /// Of its rows that are neither pass nor not-applicable, unless the policy says otherwise;
  /// nullopt where each row brings its own (Schannel rules have one each).
  std::optional<Severity> severity;
  Explanation explanation;
  /// Appends its rows, without their ids. Pure: facts and policy in, findings out.
  void (*run)(const windows::Installation&, const Policy&, Rows&) = nullptr;
  /// Whether the policy asks for it: else it has no rows. Null where every policy does.
  bool (*is_asked)(const Policy&) = nullptr;
  /// The names that a policy may require of it ([require]); most checks have none.
  std::span<const std::string_view> may_require = {};
  /// Of an encrypted volume nothing is known, not even that it holds a Windows. Only a check about
  /// the volume itself runs there.
  bool on_encrypted_volume = false;
};

/// All checks, in report order.
const std::vector<Check>& all_checks();
/// Null if there is none of that id.
const Check* find_check(std::string_view id);

/// The id of the check that judges what a policy wants of a protocol.
std::string_view check_of(const SchannelRule& rule);

/// Runs every check the policy asks for; applies severities, staleness and waivers.
/// `today`: "YYYY-MM-DD", for the end dates of waivers (the libraries never read the clock).
/// Error(usage) if it is not such a date.
std::vector<Finding> evaluate(const windows::Installation&, const Policy&, std::string_view today);

}  // namespace goldhive::policy
