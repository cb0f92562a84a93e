// schannel.fips: SYSTEM\ControlSetNNN\Control\Lsa\FipsAlgorithmPolicy, value Enabled
// (docs/rules.md, C10). With 1, Schannel uses TLS with FIPS cipher suites only. That is a choice
// and no fault, so it is reported and never fails; where it is 0 or absent, as Windows comes, there
// is no row. What other numbers and types do is not documented.
#include <fmt/format.h>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/windows/settings.h"

namespace goldhive::policy {
namespace {

bool is_off(const windows::ValueFact& fact) {
  return fact.presence == windows::Presence::absent || fact.dword() == 0U;
}

Finding judge(const windows::ValueFact& fact) {
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  if (fact.dword() != 1U) {
    return make_row(Verdict::undetermined,
                    fmt::format("{}; whether Windows takes it for FIPS mode is not documented, a "
                                "REG_DWORD of 0 or 1 would settle it",
                                describe_value(fact)));
  }
  return make_row(
      Verdict::pass,
      "FIPS mode is on: Schannel uses TLS with FIPS cipher suites only, and .NET programs "
      "that use other algorithms fail");
}

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  const windows::ControlSetFacts& sets = installation.control_sets;
  for (const windows::SettingFact* fact :
       windows::facts_of(installation, windows::settings::fips)) {
    if (is_off(fact->value)) continue;
    if (appended_scope_row(installation, rows)) return;
    Finding row = judge(fact->value);
    if (!sets.boots) {
      row.verdict = Verdict::undetermined;
      row.message += fmt::format("; whether this control set boots is not known: {}", sets.error);
    }
    show_value(row, fact->value);
    row.control_set = fact->control_set;
    row.only_informs = sets.boots && fact->control_set != *sets.boots;
    rows.push_back(std::move(row));
  }
}

}  // namespace

namespace checks {

extern const Check fips{
    .id = "schannel.fips",
    .draws_on = DrawsOn::system,
    .severity = Severity::info,
    .explanation =
        {.summary = "FIPS mode: whether only algorithms of FIPS 140 are allowed",
         .meaning =
             "HKLM\\SYSTEM\\ControlSetNNN\\Control\\Lsa\\FipsAlgorithmPolicy, value Enabled = 1. "
             "It is reported and never a failure; a row is there only where the value is not 0.",
         .why = "In FIPS mode Schannel uses TLS with FIPS cipher suites only, and .NET programs "
                "that use other algorithms fail. Whoever looks for the reason of a failed "
                "connection wants to know.",
         .fix = "It is set by the security option \"System cryptography: Use FIPS compliant "
                "algorithms\". goldhive does not change it.",
         .source = "learn.microsoft.com, System cryptography: Use FIPS compliant algorithms for "
                   "encryption, hashing, and signing"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
