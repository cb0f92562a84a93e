// schannel.*: SYSTEM\ControlSetNNN\Control\SecurityProviders\SCHANNEL\Protocols\<protocol>\Client
// and \Server, values Enabled and DisabledByDefault. One place serves 64-bit and 32-bit programs.
//
// What is odd about it (docs/rules.md, C):
// - "Enabled" does not enable: 0 denies, anything else only fails to deny. What puts a protocol in
//   the default set is DisabledByDefault=0. On Windows 7 TLS 1.1 and 1.2 are not in it unless that
//   is written; from Windows 8 on they are unless taken out. schannel_rules.cc holds the tables.
// - A value of another type counts as absent for WinHTTP; nobody has looked whether Schannel asks
//   for the type. So every way to read the values is graded (grade.h), and where the grades differ
//   the row is undetermined.
// - TLS 1.1 that somebody has switched off beside TLS 1.2 is a decision and no fault (rule I2):
//   Windows 7 and 8 warn and a patch switches it on only where --only names the check; Windows 8.1
//   and later, which KB3140245 is not about, are not asked for TLS 1.1 at all.
// - Non-zero is non-zero: 1 and 0xffffffff are both met and mean the same.
// - CurrentControlSet is not in the file. The next boot uses ControlSet<Select\Default>, so that
//   set decides; the rows of the others are information, unless the booting set fails as well.
//
// The fix writes both values, Enabled=1 and DisabledByDefault=0, though the second alone would do.
// Administrators and other auditors look for both, and with both values written nobody needs a
// table of defaults to understand them. A non-zero Enabled that is there stays as it is. To take a
// protocol out of the default set, DisabledByDefault=1 is written and Enabled left alone: programs
// that ask for the protocol by name keep it.
#include <fmt/format.h>

#include <algorithm>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/grade.h"
#include "src/policy/schannel_rules.h"
#include "src/policy/servicing.h"

namespace goldhive::policy {
namespace {

using windows::SchannelFacts;
using windows::ValueFact;

std::string subject(const SchannelRule& rule) {
  return fmt::format("{} {}", rule.protocol, windows::to_string(rule.side));
}

std::vector<Edit> edits(SchannelWish wish, const SchannelFacts& facts) {
  std::vector<Edit> result;
  const auto add = [&](const ValueFact& fact, std::uint32_t number) {
    if (auto edit = dword_edit(fact, number)) result.push_back(std::move(*edit));
  };
  if (wish == SchannelWish::on) {
    if (facts.enabled.dword().value_or(0) == 0) add(facts.enabled, 1);
    add(facts.disabled_by_default, 0);
  } else {
    add(facts.disabled_by_default, 1);
  }
  return result;
}

/// Why the state is what it is.
std::string explain_state(const windows::OsFacts& os, const SchannelRule& rule,
                          const SchannelFacts& facts, ProtocolState state) {
  const auto enabled = facts.enabled.dword();
  const auto disabled = facts.disabled_by_default.dword();
  std::string text = to_string(state);
  switch (state) {
    case ProtocolState::on:
      if (!enabled && !disabled) text += " (already the default)";
      break;
    case ProtocolState::off_by_default:
      if (disabled) {
        text += fmt::format(" (DisabledByDefault={:#x})", *disabled);
      } else {
        text +=
            enabled ? " (Enabled alone is not enough; DisabledByDefault is not set)" : " (not set)";
      }
      if (rule.wish == SchannelWish::on) text += ": only programs that name it get it";
      break;
    case ProtocolState::denied:
      text += " (Enabled=0): no program gets it";
      break;
    case ProtocolState::unsupported:
      text = fmt::format("{} does not have it", os_name(os));
      break;
    case ProtocolState::unknown:
      text = fmt::format(
          "not set, and whether {} has it on by default depends on its release; "
          "setting DisabledByDefault would settle it",
          os_name(os));
      break;
  }
  for (const ValueFact* fact : {&facts.enabled, &facts.disabled_by_default}) {
    if (!wrong_type(*fact)) continue;
    text += fmt::format("; {} is {} of {} bytes, not a REG_DWORD, and may count as absent",
                        fact->value, hive::to_string(fact->type), fact->data.size());
  }
  return text;
}

/// What would decide without being read: Enabled=0 denies whatever the other says.
std::optional<std::string> unreadable_values(const SchannelFacts& facts) {
  if (auto reason = unreadable(facts.enabled)) return reason;
  if (facts.enabled.dword() == 0U) return std::nullopt;
  return unreadable(facts.disabled_by_default);
}

void note_values(const windows::OsFacts& os, const SchannelFacts& facts, Finding& row) {
  row.evidence.push_back(describe_value(facts.enabled));
  row.evidence.push_back(describe_value(facts.disabled_by_default));
  if (const auto enabled = facts.enabled.dword();
      enabled && *enabled > 1 && *enabled != 0xffffffff) {
    row.evidence.push_back("Enabled is neither 0, 1 nor 0xffffffff; any other than 0 reads as 1");
  }
  row.evidence.push_back(fmt::format("without values, {} has it: {}", os_name(os),
                                     to_string(os_default(os, facts.protocol, facts.side))));
}

const SchannelFacts* find_facts(const windows::Installation& installation,
                                std::string_view protocol, windows::Side side, std::uint32_t set) {
  for (const SchannelFacts& f : installation.schannel) {
    if (f.control_set == set && f.protocol == protocol && f.side == side) return &f;
  }
  return nullptr;
}

/// Whether TLS 1.2 is on beside a protocol: pass, fail or undetermined.
Verdict tls12_beside(const windows::Installation& installation, const SchannelFacts& facts) {
  const SchannelFacts* tls12 = find_facts(installation, "TLS 1.2", facts.side, facts.control_set);
  if (tls12 == nullptr || unreadable_values(*tls12)) return Verdict::undetermined;
  std::vector<Grade> grades;
  for (const SchannelReading& reading : possible_readings(installation.os, *tls12)) {
    grades.push_back(reading.state == ProtocolState::on ? Grade::right : Grade::wrong);
  }
  return verdict_of(grades);
}

bool is_about_tls11(const SchannelRule& rule) {
  return rule.protocol == "TLS 1.1" && rule.wish == SchannelWish::on;
}

/// What the policy thinks of each state that is possible.
std::vector<Grade> grades_of(const windows::Installation& installation, const SchannelRule& rule,
                             const SchannelFacts& facts) {
  std::vector<Grade> grades;
  for (const SchannelReading& reading : possible_readings(installation.os, facts)) {
    const bool on = reading.state == ProtocolState::on;
    if (on == (rule.wish == SchannelWish::on)) {
      grades.push_back(Grade::right);
    } else if (!is_about_tls11(rule) || !reading.switched_off) {
      grades.push_back(Grade::wrong);
    } else {
      // Somebody has switched TLS 1.1 off: with TLS 1.2 that leaves a way to talk.
      const Verdict tls12 = tls12_beside(installation, facts);
      if (tls12 != Verdict::fail) grades.push_back(Grade::stricter);
      if (tls12 != Verdict::pass) grades.push_back(Grade::wrong);
    }
  }
  return grades;
}

bool has_wrong_type(const SchannelFacts& facts) {
  return wrong_type(facts.enabled) || wrong_type(facts.disabled_by_default);
}

/// TLS 1.1 on a Windows that is not asked for it: nothing fails, and nothing is planned.
Finding note_tls11(const windows::OsFacts& os, ProtocolState state, std::string message) {
  if (state == ProtocolState::unknown) {
    return make_row(Verdict::not_applicable,
                    fmt::format("not set: {} follows its own default for TLS 1.1", os_name(os)));
  }
  if (state != ProtocolState::on) message += "; TLS 1.1 is not asked of this Windows";
  return make_row(Verdict::pass, std::move(message));
}

/// What somebody has decided, as far as it is known, and how to have it otherwise.
std::string about_stricter(Verdict verdict, const Policy& policy, const SchannelRule& rule) {
  if (verdict == Verdict::undetermined) {
    return "; whether TLS 1.2 is on beside it is not known, and what settles that settles this";
  }
  return fmt::format(
      "; TLS 1.2 is on, so this is stricter than {}: judge by --policy tls12-only if it is meant, "
      "--only schannel.tls11.{} switches TLS 1.1 on",
      policy.name, windows::to_string(rule.side));
}

Finding judge_readings(const windows::Installation& installation, const Policy& policy,
                       const SchannelRule& rule, const SchannelFacts& facts, ProtocolState state) {
  const std::vector<Grade> grades = grades_of(installation, rule, facts);
  Finding row = make_row(verdict_of(grades), explain_state(installation.os, rule, facts, state));
  if (row.verdict == Verdict::pass) return row;
  if (state != ProtocolState::unsupported) row.edits = edits(rule.wish, facts);
  row.only_when_named = std::find(grades.begin(), grades.end(), Grade::stricter) != grades.end();
  if (row.verdict == Verdict::undetermined && has_wrong_type(facts)) {
    row.message += "; whether Schannel looks at the type is not known, a REG_DWORD would settle it";
  } else if (row.only_when_named) {
    row.message += about_stricter(row.verdict, policy, rule);
  }
  return row;
}

Finding judge(const windows::Installation& installation, const Policy& policy,
              const SchannelRule& rule, const SchannelFacts& facts) {
  const windows::OsFacts& os = installation.os;
  if (auto reason = unreadable_values(facts)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  const ProtocolState state = resulting_state(os, rule.protocol, rule.side, facts.enabled.dword(),
                                              facts.disabled_by_default.dword());
  const bool asked = !is_about_tls11(rule) || asks_for_tls11(os);
  Finding row = asked ? judge_readings(installation, policy, rule, facts, state)
                      : note_tls11(os, state, explain_state(os, rule, facts, state));
  if (row.verdict == Verdict::pass && has_wrong_type(facts)) row.verdict = Verdict::warn;
  const bool want_on = rule.wish == SchannelWish::on;
  const bool by_enabled = state == ProtocolState::denied || (want_on && wrong_type(facts.enabled));
  show_value(row, by_enabled ? facts.enabled : facts.disabled_by_default);
  if (asked) row.expected = by_enabled == want_on ? "0x1" : "0x0";
  note_values(os, facts, row);
  return row;
}

/// Microsoft's Easy Fix 51044 writes 0xa00 in every view and leaves Schannel alone: half the work.
bool easy_fix_only(const windows::Installation& installation, const SchannelFacts& facts) {
  const auto& views = installation.winhttp;
  return installation.os.family == windows::Family::windows_7 && !views.empty() &&
         std::all_of(views.begin(), views.end(),
                     [](const windows::WinHttpFacts& v) {
                       return v.default_secure_protocols.dword() == 0xA00U;
                     }) &&
         facts.enabled.presence == windows::Presence::absent &&
         facts.disabled_by_default.presence == windows::Presence::absent;
}

Finding judge_set(const windows::Installation& installation, const Policy& policy,
                  const SchannelRule& rule, std::uint32_t set) {
  Finding row;
  if (const SchannelFacts* facts = find_facts(installation, rule.protocol, rule.side, set)) {
    row = judge(installation, policy, rule, *facts);
    if (row.verdict == Verdict::fail && easy_fix_only(installation, *facts)) {
      row.evidence.push_back(
          "DefaultSecureProtocols is 0xa00 in every view and nothing is set "
          "here, as Microsoft's Easy Fix 51044 leaves it: only a part of what is needed");
    }
  } else {
    row = make_row(Verdict::undetermined,
                   fmt::format("{} was not read in this control set", subject(rule)));
  }
  row.control_set = set;
  row.severity = rule.severity;
  row.subject = subject(rule);
  return row;
}

/// Where Windows XP and Server 2008 have TLS 1.2 only by an update, nothing is wanted of it. But
/// whoever denied it by hand there should know that it counts (rule I15).
bool appended_denial(const windows::Installation& installation, const SchannelRule& rule,
                     Rows& rows) {
  const std::optional<std::uint32_t> set = installation.control_sets.boots;
  if (!set || rule.protocol != "TLS 1.2" || rule.wish != SchannelWish::on || installation.winpe ||
      !servicing::has_kb4019276(installation)) {
    return false;
  }
  const SchannelFacts* facts = find_facts(installation, rule.protocol, rule.side, *set);
  if (facts == nullptr || unreadable(facts->enabled) || facts->enabled.dword() != 0U) return false;
  Finding row = make_row(
      Verdict::warn,
      fmt::format(
          "denied (Enabled=0): no program gets it, though {} has it by KB4019276; where that is "
          "not meant, set Enabled to 1",
          installation.os.posready ? "Windows XP of the POSReady 2009 line"
                                   : os_name(installation.os)));
  show_value(row, facts->enabled);
  row.evidence = {describe_value(facts->enabled), describe_value(facts->disabled_by_default)};
  row.control_set = set;
  row.severity = rule.severity;
  row.subject = subject(rule);
  rows.push_back(std::move(row));
  return true;
}

void judge_rule(const windows::Installation& installation, const Policy& policy,
                const SchannelRule& rule, Rows& rows) {
  const windows::ControlSetFacts& sets = installation.control_sets;
  if (appended_denial(installation, rule, rows)) return;
  if (appended_scope_row(installation, rows)) {
    rows.back().severity = rule.severity;
    rows.back().subject = subject(rule);
    return;
  }
  if (sets.boots) {
    rows.push_back(judge_set(installation, policy, rule, *sets.boots));
    if (!sets.note.empty()) rows.back().evidence.push_back(sets.note);
  } else {
    const std::string no_set = sets.error.empty() ? "no control set was found" : sets.error;
    rows.push_back(
        make_row(Verdict::undetermined,
                 needs_hive(installation, windows::HiveName::system,
                            no_set + "; a Select that names a set which exists would settle it")));
    rows.back().severity = rule.severity;
    rows.back().subject = subject(rule);
  }
  const bool boots_fails = rows.back().verdict == Verdict::fail;
  for (const std::uint32_t set : sets.present) {
    if (set == sets.boots) continue;
    Finding row = judge_set(installation, policy, rule, set);
    row.only_informs = !(row.verdict == Verdict::fail && boots_fails);
    rows.push_back(std::move(row));
  }
}

template <const Check& check>
bool has_rule(const Policy& policy) {
  return std::any_of(policy.schannel.begin(), policy.schannel.end(), [](const SchannelRule& rule) {
    return rule.wish != SchannelWish::any && check_of(rule) == check.id;
  });
}

/// Rows for the rules of the policy that the check judges, in their order.
template <const Check& check>
void judge_rules(const windows::Installation& installation, const Policy& policy, Rows& rows) {
  for (const SchannelRule& rule : policy.schannel) {
    if (rule.wish == SchannelWish::any || check_of(rule) != check.id) continue;
    judge_rule(installation, policy, rule, rows);
  }
}

}  // namespace

namespace checks {

extern const Check tls11_client{
    .id = "schannel.tls11.client",
    .draws_on = DrawsOn::system,
    .severity = std::nullopt,
    .explanation =
        {.summary = "TLS 1.1 is on by default for outgoing connections",
         .meaning = "HKLM\\SYSTEM\\ControlSetNNN\\Control\\SecurityProviders\\SCHANNEL\\"
                    "Protocols\\TLS 1.1\\Client, values Enabled and DisabledByDefault, "
                    "in the control set that boots (Select\\Default).",
         .why = "On Windows 7 TLS 1.1 is off by default: only programs that name it get "
                "it, until DisabledByDefault=0 is written. Enabled=1 alone does not do "
                "it. From Windows 8 on it is on unless switched off. Where somebody has "
                "switched it off beside TLS 1.2, Windows 7 and 8 warn; Windows 8.1 and "
                "later are not asked for it.",
         .fix = "goldhive patch writes DisabledByDefault=0 and Enabled=1; where TLS 1.1 was "
                "switched off beside TLS 1.2, only with --only schannel.tls11.client.",
         .source = "support.microsoft.com/kb/245030; learn.microsoft.com, Protocols in "
                   "TLS/SSL (Schannel SSP)"},
    .run = judge_rules<tls11_client>,
    .is_asked = has_rule<tls11_client>,
};

extern const Check tls12_client{
    .id = "schannel.tls12.client",
    .draws_on = DrawsOn::system,
    .severity = std::nullopt,
    .explanation = {.summary = "TLS 1.2 is on by default for outgoing connections",
                    .meaning = "HKLM\\SYSTEM\\ControlSetNNN\\Control\\SecurityProviders\\SCHANNEL\\"
                               "Protocols\\TLS 1.2\\Client, values Enabled and DisabledByDefault, "
                               "in the control set that boots (Select\\Default).",
                    .why = "On Windows 7 TLS 1.2 is off by default: only programs that name it get "
                           "it, until DisabledByDefault=0 is written. Enabled=1 alone does not do "
                           "it. From Windows 8 on it is on unless switched off.",
                    .fix = "goldhive patch writes DisabledByDefault=0 and Enabled=1.",
                    .source = "support.microsoft.com/kb/245030; learn.microsoft.com, Protocols in "
                              "TLS/SSL (Schannel SSP)"},
    .run = judge_rules<tls12_client>,
    .is_asked = has_rule<tls12_client>,
};

extern const Check tls11_server{
    .id = "schannel.tls11.server",
    .draws_on = DrawsOn::system,
    .severity = std::nullopt,
    .explanation =
        {.summary = "TLS 1.1 for incoming connections, as the policy wants it",
         .meaning = "As schannel.tls11.client, for the key TLS 1.1\\Server.",
         .why = "Only listening services need it: IIS, Remote Desktop, SQL Server.",
         .fix = "goldhive patch writes DisabledByDefault=0 and Enabled=1, or DisabledByDefault=1.",
         .source = "support.microsoft.com/kb/245030"},
    .run = judge_rules<tls11_server>,
    .is_asked = has_rule<tls11_server>,
};

extern const Check tls12_server{
    .id = "schannel.tls12.server",
    .draws_on = DrawsOn::system,
    .severity = std::nullopt,
    .explanation =
        {.summary = "TLS 1.2 for incoming connections, as the policy wants it",
         .meaning = "As schannel.tls12.client, for the key TLS 1.2\\Server.",
         .why = "Only listening services need it: IIS, Remote Desktop, SQL Server.",
         .fix = "goldhive patch writes DisabledByDefault=0 and Enabled=1, or DisabledByDefault=1.",
         .source = "support.microsoft.com/kb/245030"},
    .run = judge_rules<tls12_server>,
    .is_asked = has_rule<tls12_server>,
};

extern const Check legacy_protocols{
    .id = "schannel.legacy",
    .draws_on = DrawsOn::system,
    .severity = std::nullopt,
    .explanation =
        {.summary = "SSL 2.0, SSL 3.0 and TLS 1.0, as the policy wants them",
         .meaning = "The keys SSL 2.0, SSL 3.0 and TLS 1.0 beside those of TLS 1.1 and 1.2, Client "
                    "or Server, judged the same way. `off` means: not in the default set.",
         .why = "A program that names no protocols also offers the old ones that are in the "
                "default set.",
         .fix =
             "goldhive patch writes DisabledByDefault=1 and leaves Enabled alone, so that programs "
             "that name the protocol keep it. Enabled=0 would deny it to all; that is left to you.",
         .source = "support.microsoft.com/kb/245030; learn.microsoft.com, Protocols in TLS/SSL "
                   "(Schannel SSP)"},
    .run = judge_rules<legacy_protocols>,
    .is_asked = has_rule<legacy_protocols>,
};

}  // namespace checks

std::string_view check_of(const SchannelRule& rule) {
  const bool client = rule.side == windows::Side::client;
  if (rule.protocol == "TLS 1.1") return client ? checks::tls11_client.id : checks::tls11_server.id;
  if (rule.protocol == "TLS 1.2") return client ? checks::tls12_client.id : checks::tls12_server.id;
  return checks::legacy_protocols.id;
}

}  // namespace goldhive::policy
