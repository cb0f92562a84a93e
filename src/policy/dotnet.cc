// dotnet.*: SOFTWARE\[Wow6432Node\]Microsoft\.NETFramework\<runtime>, values SchUseStrongCrypto and
// SystemDefaultTlsVersions, both 1 (docs/rules.md, D1). v2.0.50727 also serves .NET 3.5, v4.0.30319
// every 4.x. Programs on .NET do not look at DefaultSecureProtocols at all. Only where the policy
// asks.
//
// Programs that were made for .NET up to 4.5.2 (SchUseStrongCrypto) or 4.6.2
// (SystemDefaultTlsVersions) take exactly 1 for on and every other number, 0xffffffff too, for off;
// only those made for later versions take all but 0 for on (reference source,
// ServicePointManager.Configuration.cs; rule I21). The values are there for the older ones.
#include <fmt/format.h>

#include <algorithm>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

using windows::DotNetFacts;
using windows::ValueFact;

std::string why_off(const ValueFact& fact) {
  if (fact.presence == windows::Presence::absent) return "not set";
  const auto number = fact.dword();
  if (!number) return fmt::format("{} is not a REG_DWORD", hive::to_string(fact.type));
  if (*number == 0) return "switched off";
  return fmt::format("{:#x} is off for programs made for older .NET versions: they take only 1",
                     *number);
}

Finding judge(const ValueFact& fact) {
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  const auto number = fact.dword();
  if (number == 1U) return make_row(Verdict::pass, "on");
  Finding row = make_row(Verdict::fail, why_off(fact));
  if (auto edit = dword_edit(fact, 1)) row.edits.push_back(std::move(*edit));
  return row;
}

void judge_all(ValueFact DotNetFacts::*value, const windows::Installation& installation,
               Rows& rows) {
  if (appended_scope_row(installation, rows)) return;
  const std::vector<windows::View> views = views_with_row(installation.os);
  bool any = false;
  for (const DotNetFacts& facts : installation.dotnet) {
    if (std::find(views.begin(), views.end(), facts.view) == views.end()) continue;
    any = true;
    Finding row = judge(facts.*value);
    show_value(row, facts.*value);
    set_view(installation.os, facts.view, row);
    row.subject = facts.runtime;
    row.expected = "0x1";
    rows.push_back(std::move(row));
  }
  if (any && has_view(installation.os, windows::View::wow64) == windows::Presence::absent &&
      windows::is_64_bit(installation.os.architecture)) {
    rows.emplace_back();
    set_view(installation.os, windows::View::wow64, rows.back());
  }
  if (!any) {
    rows.push_back(make_row(
        Verdict::undetermined,
        needs_hive(installation, windows::HiveName::software, "the values were not looked for")));
  }
}

void run_strong_crypto(const windows::Installation& i, const Policy&, Rows& rows) {
  judge_all(&DotNetFacts::strong_crypto, i, rows);
}
void run_system_default_tls(const windows::Installation& i, const Policy&, Rows& rows) {
  judge_all(&DotNetFacts::system_default_tls, i, rows);
}

bool asks_of_dotnet(const Policy& policy) { return policy.check_dotnet; }

}  // namespace

namespace checks {

extern const Check strong_crypto{
    .id = "dotnet.strong-crypto",
    .draws_on = DrawsOn::software,
    .severity = Severity::medium,
    .explanation =
        {.summary = ".NET programs use strong protocols (SchUseStrongCrypto)",
         .meaning = "HKLM\\SOFTWARE\\[Wow6432Node\\]Microsoft\\.NETFramework\\v2.0.50727 and "
                    "v4.0.30319, value SchUseStrongCrypto = 1. Only where the policy asks.",
         .why = ".NET does not look at DefaultSecureProtocols; older programs on it offer SSL 3.0 "
                "and TLS 1.0 without this value.",
         .fix = "goldhive patch writes 1. .NET 3.5 also needs its update (KB3154518 on Windows 7).",
         .source = "learn.microsoft.com, TLS best practices with .NET Framework"},
    .run = run_strong_crypto,
    .is_asked = asks_of_dotnet,
};

extern const Check system_default_tls{
    .id = "dotnet.system-default-tls",
    .draws_on = DrawsOn::software,
    .severity = Severity::medium,
    .explanation =
        {.summary = ".NET programs follow the system's protocols (SystemDefaultTlsVersions)",
         .meaning = "HKLM\\SOFTWARE\\[Wow6432Node\\]Microsoft\\.NETFramework\\v2.0.50727 and "
                    "v4.0.30319, value SystemDefaultTlsVersions = 1. Only where the policy asks.",
         .why = "Without it programs for older .NET versions choose their own, older protocols.",
         .fix = "goldhive patch writes 1. .NET 3.5 also needs its update (KB3154518 on Windows 7).",
         .source = "learn.microsoft.com, TLS best practices with .NET Framework"},
    .run = run_system_default_tls,
    .is_asked = asks_of_dotnet,
};

}  // namespace checks

}  // namespace goldhive::policy
