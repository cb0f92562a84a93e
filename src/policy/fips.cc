// schannel.fips: SYSTEM\ControlSetNNN\Control\Lsa\FipsAlgorithmPolicy, value Enabled (rules C10).
// With 1, Schannel uses TLS with FIPS cipher suites only. That is a choice and no fault, so it is
// reported and never fails; where it is 0 or absent, as Windows comes, there is no row. What other
// numbers and types do is not documented.
#include <fmt/format.h>

#include "src/policy/finding_parts.h"
#include "src/policy/topics.h"

namespace goldhive::policy {
namespace {

constexpr std::string_view id = "schannel.fips";

bool is_off(const windows::ValueFact& fact) {
  return fact.presence == windows::Presence::absent || fact.dword() == 0U;
}

Finding judge(const windows::ValueFact& fact) {
  if (auto reason = unreadable(fact)) {
    return make_row(id, Verdict::undetermined, std::move(*reason));
  }
  if (fact.dword() != 1U) {
    return make_row(id, Verdict::undetermined,
                    fmt::format("{}; whether Windows takes it for FIPS mode is not documented, a "
                                "REG_DWORD of 0 or 1 would settle it",
                                describe_value(fact)));
  }
  return make_row(
      id, Verdict::pass,
      "FIPS mode is on: Schannel uses TLS with FIPS cipher suites only, and .NET programs "
      "that use other algorithms fail");
}

}  // namespace

void check_fips(const windows::Installation& installation, const Policy&, Rows& rows) {
  const windows::ControlSetFacts& sets = installation.control_sets;
  for (const windows::FipsFacts& facts : installation.fips) {
    if (is_off(facts.enabled)) continue;
    if (appended_scope_row(installation, id, rows)) return;
    Finding row = judge(facts.enabled);
    if (!sets.boots) {
      row.verdict = Verdict::undetermined;
      row.message += fmt::format("; whether this control set boots is not known: {}", sets.error);
    }
    show_value(row, facts.enabled);
    row.control_set = facts.control_set;
    rows.push_back(std::move(row));
  }
}

}  // namespace goldhive::policy
