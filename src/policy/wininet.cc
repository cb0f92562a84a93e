// wininet.secure-protocols: what Internet Explorer and programs on WinINet offer (docs/rules.md,
// D3, I26). SecureProtocols has the bits of DefaultSecureProtocols, and is read like it. Each user
// has a value of his own, which is not read here. The row "machine" is the value of SOFTWARE, the
// row "policy" that of a group policy, which overrides every other. Where the policy sets it, the
// value of the machine counts for nothing. Only where goldhive's policy asks.
//
// What WinINet makes of a policy value that it ignores was never tested: the value of the machine
// may count, or the default.
#include <fmt/format.h>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/secure_protocols.h"

namespace goldhive::policy {
namespace {

using windows::Presence;
using windows::ValueFact;
using How = MaskReading::How;

constexpr std::string_view id = "wininet.secure-protocols";

class Judge {
 public:
  Judge(const windows::Installation& installation, const Policy& policy)
      : os_(installation.os),
        demand_(demand_of(os_, policy.wininet_required.value_or(0), 0)),
        policy_(policy.name),
        machine_rules_(wininet_rules(os_)),
        policy_rules_(machine_rules_) {
    for (const windows::WinInetFacts& facts : installation.wininet) {
      (facts.scope == "policy" ? policy_value_ : machine_value_) = &facts.secure_protocols;
    }
    if (machine_value_ == nullptr) return;
    Masks& unset = policy_rules_.unset;
    if (unreadable(*machine_value_)) {
      unset.push_back(0);  // anything may be offered
    } else {
      const Masks machine = read_masks(*machine_value_, machine_rules_).masks;
      unset.insert(unset.end(), machine.begin(), machine.end());
    }
    policy_rules_.depends_on = "value of the machine";
  }

  Finding row(const windows::WinInetFacts& facts) const {
    Finding row = facts.scope == "policy" ? of_policy(facts.secure_protocols)
                                          : of_machine(facts.secure_protocols);
    show_value(row, facts.secure_protocols);
    row.subject = facts.scope;
    row.expected = hex(demand_.required);
    return row;
  }

 private:
  Finding of_policy(const ValueFact& fact) const {
    if (fact.presence == Presence::absent) {
      return make_row(Verdict::not_applicable, "no policy overrides the users' own choice");
    }
    return judge(fact, policy_rules_);
  }

  Finding of_machine(const ValueFact& fact) const {
    if (policy_value_ != nullptr) {
      if (auto reason = unreadable(*policy_value_)) {
        return make_row(Verdict::undetermined,
                        "whether a policy overrides this value is not known: " + *reason);
      }
      if (read_masks(*policy_value_, policy_rules_).how == How::set) {
        return make_row(Verdict::not_applicable, "the value of the policy overrides this one");
      }
    }
    return judge(fact, machine_rules_);
  }

  Finding judge(const ValueFact& fact, const MaskRules& rules) const {
    if (auto reason = unreadable(fact)) {
      return make_row(Verdict::undetermined, std::move(*reason));
    }
    return judge_masks({fact, os_, rules, demand_, "programs on WinINet", id, policy_});
  }

  const windows::OsFacts& os_;
  MaskDemand demand_;
  std::string_view policy_;
  MaskRules machine_rules_;
  MaskRules policy_rules_;  ///< without a usable policy value, that of the machine may count
  const ValueFact* machine_value_ = nullptr;
  const ValueFact* policy_value_ = nullptr;
};

void run(const windows::Installation& installation, const Policy& policy, Rows& rows) {
  if (appended_scope_row(installation, rows)) return;
  const Judge judge(installation, policy);
  for (const windows::WinInetFacts& facts : installation.wininet) rows.push_back(judge.row(facts));
  if (installation.wininet.empty()) {
    rows.push_back(make_row(
        Verdict::undetermined,
        needs_hive(installation, windows::HiveName::software, "the values were not looked for")));
  }
}

}  // namespace

namespace checks {

extern const Check wininet{
    .id = id,
    .draws_on = DrawsOn::software,
    .severity = Severity::medium,
    .explanation =
        {.summary = "Internet Explorer and WinINet offer the protocols the policy names",
         .meaning = "Value SecureProtocols, same bits as DefaultSecureProtocols: the machine's own "
                    "(Internet Settings) and the one of a group policy, which overrides every "
                    "user and the machine's own. Users' own values are not read. Only where the "
                    "policy asks.",
         .why = "WinINet looks at neither DefaultSecureProtocols nor Schannel's default set. "
                "Without the value Internet Explorer 8 to 10 offer SSL 3.0 and TLS 1.0, and 11 "
                "offers TLS 1.0 to 1.2.",
         .fix = "goldhive patch adds the bits; on Windows 8.1 and later it deletes the value where "
                "the default is better.",
         .source = "learn.microsoft.com, Internet Explorer policy \"Turn off encryption support\""},
    .run = run,
    .is_asked = [](const Policy& policy) { return policy.wininet_required.has_value(); },
};

}  // namespace checks

}  // namespace goldhive::policy
