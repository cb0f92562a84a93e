// wininet.secure-protocols: what Internet Explorer and programs on WinINet offer (rules D3). The
// same bits as DefaultSecureProtocols. Each user has a value of his own, which is not read here;
// the row "machine" is the value of SOFTWARE, the row "policy" the one that overrides every user.
// Only where the policy asks.
#include <fmt/format.h>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/protocols.h"

namespace goldhive::policy {
namespace {

Finding judge(const windows::WinInetFacts& facts, std::uint32_t required) {
  const windows::ValueFact& fact = facts.secure_protocols;
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  if (fact.presence == windows::Presence::absent && facts.scope == "policy") {
    return make_row(Verdict::not_applicable, "no policy overrides the users' own choice");
  }
  const auto number = fact.dword();
  if (number && (*number & required) == required) {
    return make_row(Verdict::pass, fmt::format("{:#x} ({})", *number, describe_bits(*number)));
  }
  Finding row = make_row(
      Verdict::fail,
      fact.presence == windows::Presence::absent ? "not set"
      : !number ? fmt::format("{} is not a REG_DWORD", hive::to_string(fact.type))
                : fmt::format("{:#x} ({}), want {:#x}", *number, describe_bits(*number), required));
  if (auto edit = dword_edit(fact, (number.value_or(0) & all_bits) | required)) {
    row.edits.push_back(std::move(*edit));
  }
  return row;
}

void run(const windows::Installation& installation, const Policy& policy, Rows& rows) {
  if (!policy.wininet_required || appended_scope_row(installation, rows)) return;
  for (const windows::WinInetFacts& facts : installation.wininet) {
    Finding row = judge(facts, *policy.wininet_required);
    show_value(row, facts.secure_protocols);
    row.subject = facts.scope;
    row.expected = hex(*policy.wininet_required);
    rows.push_back(std::move(row));
  }
  if (installation.wininet.empty()) {
    rows.push_back(make_row(
        Verdict::undetermined,
        needs_hive(installation, windows::HiveName::software, "the values were not looked for")));
  }
}

}  // namespace

namespace checks {

extern const Check wininet{
    .id = "wininet.secure-protocols",
    .draws_on = DrawsOn::software,
    .severity = Severity::medium,
    .explanation =
        {.summary = "Internet Explorer and WinINet offer the protocols the policy names",
         .meaning = "Value SecureProtocols, same bits as DefaultSecureProtocols: the machine's own "
                    "(Internet Settings) and the one of a group policy, which overrides every "
                    "user. Users' own values are not read. Only where the policy asks.",
         .why = "WinINet looks at neither DefaultSecureProtocols nor Schannel's default set.",
         .fix = "goldhive patch adds the bits.",
         .source = "learn.microsoft.com, Internet Explorer policy \"Turn off encryption support\""},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
