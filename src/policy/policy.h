// A policy says what "right" means: which checks run, with what parameters, at what severity. The
// two built in (baseline, tls12-only) are TOML files compiled in; `--policy FILE` brings another.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/policy/finding.h"

namespace goldhive::policy {

/// What a policy wants of one protocol on one side of Schannel. `on`: offered by default. `off`:
/// not offered by default; a program may still ask for it by name.
enum class SchannelWish { any, on, off };

struct SchannelRule {
  std::string protocol;  ///< "TLS 1.2"; one of those in protocols.h that Windows 7 knows
  windows::Side side = windows::Side::client;
  SchannelWish wish = SchannelWish::any;
  Severity severity = Severity::high;
};

/// "This finding is known and accepted until then." It turns no `undetermined` into knowledge, so
/// it applies to `fail` and `warn` only.
struct Waiver {
  std::string check;   ///< check id
  std::string target;  ///< glob (* and ?) on the target's path or a tail of it, or on the id
  std::string reason;  ///< never empty
  std::string until;   ///< "2027-01-31", inclusive; never empty
};

struct Policy {
  std::string name;
  std::string description;
  std::string sha256;  ///< of its TOML text, in hex: reports say by what exactly they judged
  std::uint32_t secure_protocols_required = 0xA00;  ///< bits DefaultSecureProtocols must hold
  std::uint32_t secure_protocols_forbidden = 0;     ///< bits it must not hold
  std::vector<SchannelRule> schannel;
  bool require_kb3140245 = true;
  bool check_dotnet = false;
  std::optional<std::uint32_t> wininet_required;  ///< SecureProtocols bits; nullopt = not asked
  std::vector<std::pair<std::string, Severity>> severities;  ///< check id -> severity
  /// What checks shall find in force, each by one of its names (Check::may_require).
  std::map<std::string, std::vector<std::string>, std::less<>> required;  ///< check id -> names
  std::vector<Waiver> waivers;

  /// Whether the check of WinHTTP's protocols runs.
  bool asks_of_winhttp() const {
    return secure_protocols_required != 0 || secure_protocols_forbidden != 0;
  }
  bool requires_of(std::string_view check, std::string_view what) const {
    const auto names = required.find(check);
    return names != required.end() &&
           std::find(names->second.begin(), names->second.end(), what) != names->second.end();
  }
};

/// Parses TOML (docs/policy.md). What a file does not say is as in the policy it `extends`:
/// "baseline" unless it names another. Error(usage) with "file:line:column: reason" for what is
/// not TOML, an unknown key, a wrong type, a check that does not exist, a waiver without reason or
/// end date.
Policy parse_policy(std::string_view toml, const std::string& file_name);

struct BuiltinPolicy {
  std::string_view name;
  std::string_view toml;
};
const std::vector<BuiltinPolicy>& builtin_policies();

/// "baseline", "tls12-only".
std::vector<std::string> builtin_policy_names();
/// The TOML text of a built-in policy; Error(usage) if there is none of that name.
std::string_view builtin_policy_text(std::string_view name);
/// The same, parsed.
Policy builtin_policy(std::string_view name);

}  // namespace goldhive::policy
