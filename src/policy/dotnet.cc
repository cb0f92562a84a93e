// dotnet.*: SOFTWARE\[Wow6432Node\]Microsoft\.NETFramework\<runtime>, values SchUseStrongCrypto and
// SystemDefaultTlsVersions, both 1 (rules D1). v2.0.50727 also serves .NET 3.5, v4.0.30319 every
// 4.x. Programs on .NET do not look at DefaultSecureProtocols at all. Only where the policy asks.
#include <fmt/format.h>

#include "src/policy/finding_parts.h"
#include "src/policy/topics.h"

namespace goldhive::policy {
namespace {

using windows::DotNetFacts;
using windows::ValueFact;

Finding judge(std::string_view id, const ValueFact& fact) {
  if (auto reason = unreadable(fact)) {
    return make_row(id, Verdict::undetermined, std::move(*reason));
  }
  const auto number = fact.dword();
  if (number.value_or(0) != 0) return make_row(id, Verdict::pass, "on");
  Finding row =
      make_row(id, Verdict::fail,
               fact.presence == windows::Presence::absent ? "not set"
               : wrong_type(fact) ? fmt::format("{} is not a REG_DWORD", hive::to_string(fact.type))
                                  : "switched off");
  if (auto edit = dword_edit(fact, 1)) row.edits.push_back(std::move(*edit));
  return row;
}

void check(std::string_view id, ValueFact DotNetFacts::*value,
           const windows::Installation& installation, const Policy& policy, Rows& rows) {
  if (!policy.check_dotnet || appended_scope_row(installation, id, rows)) return;
  const windows::Architecture arch = installation.os.architecture;
  bool any = false;
  for (const DotNetFacts& facts : installation.dotnet) {
    const bool wow64 = facts.view == windows::View::wow64;
    if (wow64 && arch != windows::Architecture::unknown && !windows::is_64_bit(arch)) continue;
    any = true;
    Finding row = judge(id, facts.*value);
    if (wow64 && arch == windows::Architecture::unknown) {
      row.verdict = Verdict::undetermined;
      row.message += "; whether this Windows is 64-bit is not known, only then does it count";
      row.edits.clear();
    }
    show_value(row, facts.*value);
    row.view = facts.view;
    row.subject = facts.runtime;
    row.expected = "0x1";
    rows.push_back(std::move(row));
  }
  if (!any) {
    rows.push_back(make_row(
        id, Verdict::undetermined,
        needs_hive(installation, windows::HiveName::software, "the values were not looked for")));
  }
}

}  // namespace

void check_strong_crypto(const windows::Installation& i, const Policy& p, Rows& rows) {
  check("dotnet.strong-crypto", &DotNetFacts::strong_crypto, i, p, rows);
}
void check_system_default_tls(const windows::Installation& i, const Policy& p, Rows& rows) {
  check("dotnet.system-default-tls", &DotNetFacts::system_default_tls, i, p, rows);
}

}  // namespace goldhive::policy
