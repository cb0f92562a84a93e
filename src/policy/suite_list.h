// A list of cipher suites as the registry has it, and what it leaves to TLS 1.2 on one Windows.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "src/policy/cipher_suites.h"
#include "src/policy/finding.h"

namespace goldhive::policy {

/// A group policy writes a REG_SZ with commas, tools a REG_MULTI_SZ; of its own list Windows knows
/// a REG_MULTI_SZ alone.
enum class SuiteListKind { of_policy, of_windows };

struct SuiteNames {
  std::vector<std::string> all;
  std::size_t sure = 0;  ///< the first of them, which end within the allowed length
  std::string trouble;   ///< why the value cannot be taken for a list
};

/// The names in a value that is there and could be read.
SuiteNames read_suite_names(const windows::ValueFact& fact, SuiteListKind kind);

/// The list that counts in one control set: that of a policy, else that of Windows itself, else all
/// suites that this Windows has.
struct SuitesInEffect {
  const windows::ValueFact* fact = nullptr;  ///< null: there is no list
  SuiteListKind kind = SuiteListKind::of_windows;
  SuiteNames names;
  /// SOFTWARE could not be read, and why: a policy may have another list.
  std::optional<std::string> policy_unknown;
};
/// nullopt where a list is there and cannot be read: schannel.cipher-suite-order has a row for it.
std::optional<SuitesInEffect> suites_in_effect(const windows::Installation& installation,
                                               std::uint32_t control_set);

/// How many names are worth what, and the first one of each.
class SuiteTally {
 public:
  struct Count {
    std::size_t number = 0;
    std::string first;  ///< if it is doubtful, followed by the reason
    void add(const std::string& name) {
      if (number++ == 0) first = name;
    }
  };
  /// What becomes of a suite, beside what its name is worth.
  using Narrow = std::function<NamedSuite(NamedSuite, const std::string& name)>;

  SuiteTally(const SuiteNames& names, windows::Family family, const Narrow& narrow = {});

  const Count& operator[](SuiteWorth worth) const {
    return counts_.at(static_cast<std::size_t>(worth));
  }
  /// Of all suites the worth that decides: a sure one for RSA, else a doubtful one, else the best.
  SuiteWorth deciding() const;

  Count without_curve;

 private:
  std::array<Count, 5> counts_;
};

/// What TLS 1.2 is with suites of that worth and no better ones.
Verdict verdict_of(SuiteWorth deciding);

/// A suite that this Windows has from the start and nearly every peer accepts.
const char* good_suite(windows::Family family);

}  // namespace goldhive::policy
