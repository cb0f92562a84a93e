// schannel.tls12-algorithms: SYSTEM\ControlSetNNN\Control\SecurityProviders\SCHANNEL, the keys
// Ciphers\<name>, Hashes\<name> and KeyExchangeAlgorithms\<name>, value Enabled (docs/rules.md,
// C12, I8). With 0 Schannel uses no cipher suite with that algorithm. TLS 1.2 needs one of each
// kind, so what is switched off here can leave it nothing to speak with while the protocol is on.
//
// What is odd about it:
// - Absent is on, and so is any number but 0: 1 and 0xffffffff are both met. What another type does
//   is not documented.
// - AES, SHA and the key exchanges are what peers accept. Where only 3DES, RC4 or MD5 is left,
//   TLS 1.2 works with old peers alone.
// - Windows 7 to 8.1 obey these keys. Microsoft documents it of Windows 10 for hashes in passing,
//   and for the rest not at all; so what would fail is undetermined there.
// - Suites are made of one algorithm of each kind, and a list of suites (cipher_order.cc) may hold
//   none of those that the switches leave, though list and switches are good each for themselves.
//   So what is left of the list in effect is judged as a whole (rule I8) and has a row where it is
//   worse than what the parts say.
// - Whoever switched an algorithm off meant it, as a rule. So a patch switches on only what the
//   policy requires by name. It writes 0xffffffff, the number of KB245030.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/suite_list.h"
#include "src/windows/settings.h"

namespace goldhive::policy {
namespace {

using windows::Family;
using windows::Presence;
using windows::SettingFact;
using windows::ValueFact;
namespace settings = windows::settings;

constexpr std::string_view id = "schannel.tls12-algorithms";
constexpr std::uint32_t switched_on = 0xffffffff;

/// The algorithms of one kind.
struct Kind {
  const windows::Setting& setting;
  std::string_view subject;
  std::string_view one;
};
constexpr std::array kinds = {
    Kind{settings::schannel_cipher, "ciphers", "cipher"},
    Kind{settings::schannel_hash, "hashes", "hash"},
    Kind{settings::schannel_key_exchange, "key exchanges", "key exchange"},
};

/// Those of all kinds that peers accept today. The rest is weak.
constexpr std::array<std::string_view, 8> good_names = {
    windows::schannel_ciphers[0],       windows::schannel_ciphers[1],
    windows::schannel_hashes[0],        windows::schannel_hashes[1],
    windows::schannel_hashes[2],        windows::schannel_key_exchanges[0],
    windows::schannel_key_exchanges[1], windows::schannel_key_exchanges[2]};

enum class State { on, off, open };

State state_of(const ValueFact& fact) {
  if (unreadable(fact) || wrong_type(fact)) return State::open;
  return fact.dword() == 0U ? State::off : State::on;
}

using Facts = std::vector<const SettingFact*>;

/// The algorithms of one kind in one control set, by what is known of them.
struct Sorted {
  Facts good_on, good_off, good_open, weak_on, weak_off, weak_open;
  Facts required;  ///< by the policy, and not on
};

Sorted sort_out(const Facts& facts, const Policy& policy) {
  Sorted sorted;
  for (const SettingFact* fact : facts) {
    const State state = state_of(fact->value);
    const bool good =
        std::find(good_names.begin(), good_names.end(), fact->name) != good_names.end();
    Facts& list = state == State::on    ? (good ? sorted.good_on : sorted.weak_on)
                  : state == State::off ? (good ? sorted.good_off : sorted.weak_off)
                                        : (good ? sorted.good_open : sorted.weak_open);
    list.push_back(fact);
    if (state != State::on && policy.requires_of(id, fact->name)) sorted.required.push_back(fact);
  }
  return sorted;
}

/// "AES 256/256, AES 128/128"
std::string names(const Facts& first, const Facts& second = {}) {
  std::string text;
  for (const Facts* facts : {&first, &second}) {
    for (const SettingFact* fact : *facts) {
      text += fmt::format("{}{}", text.empty() ? "" : ", ", fact->name);
    }
  }
  return text;
}

/// Why one of several algorithms is open.
std::string why_open(const SettingFact& fact) {
  if (auto reason = unreadable(fact.value)) return *reason;
  return fmt::format(
      "{} has {}; whether Schannel reads that is not documented, a REG_DWORD would settle it",
      fact.name, describe_value(fact.value));
}

Finding judge_required(const Sorted& sorted) {
  const Facts& required = sorted.required;
  const auto open = std::find_if(required.begin(), required.end(), [](const SettingFact* fact) {
    return state_of(fact->value) == State::open;
  });
  if (open != required.end()) return make_row(Verdict::undetermined, why_open(**open));
  return make_row(Verdict::fail,
                  fmt::format("switched off: {}, which the policy requires", names(required)));
}

Finding judge(const Sorted& sorted, const Kind& kind) {
  if (!sorted.required.empty()) return judge_required(sorted);
  const std::string off = names(sorted.good_off, sorted.weak_off);
  if (!sorted.good_on.empty()) {
    return make_row(Verdict::pass,
                    fmt::format("TLS 1.2 has {}; {}", names(sorted.good_on),
                                off.empty() ? "none is switched off" : "switched off: " + off));
  }
  if (!sorted.good_open.empty()) {
    return make_row(Verdict::undetermined, why_open(*sorted.good_open.front()));
  }
  if (!sorted.weak_on.empty()) {
    return make_row(Verdict::warn,
                    fmt::format("TLS 1.2 has no {} left but {}, which many peers refuse; switched "
                                "off: {}",
                                kind.one, names(sorted.weak_on), off));
  }
  if (!sorted.weak_open.empty()) {
    return make_row(Verdict::undetermined, why_open(*sorted.weak_open.front()));
  }
  return make_row(Verdict::fail,
                  fmt::format("TLS 1.2 has no {} left, so it fails though it is on; switched off: "
                              "{}",
                              kind.one, off));
}

/// Whether Windows 10 and later obey the keys decides there.
void leave_open(const windows::OsFacts& os, Finding& row) {
  if (row.verdict != Verdict::fail && row.verdict != Verdict::warn) return;
  row.verdict = Verdict::undetermined;
  row.message +=
      fmt::format("; whether {} obeys that is not documented, and switching one on would settle it",
                  os_name(os));
}

/// The value to show: what the verdict hangs on.
const SettingFact& shown(const Sorted& sorted, const Facts& all) {
  for (const Facts* facts : {&sorted.required, &sorted.good_off, &sorted.good_open,
                             &sorted.weak_off, &sorted.weak_open}) {
    if (!facts->empty()) return *facts->front();
  }
  return *all.front();
}

Finding row_of(const windows::Installation& installation, const Policy& policy, const Kind& kind,
               const Facts& facts) {
  const Sorted sorted = sort_out(facts, policy);
  Finding row = judge(sorted, kind);
  if (installation.os.family == Family::windows_10) leave_open(installation.os, row);
  set_control_set(installation.control_sets, facts.front()->control_set, row);
  show_value(row, shown(sorted, facts).value);
  row.subject = kind.subject;
  row.severity = Severity::high;
  if (!sorted.required.empty()) row.expected = hex(switched_on);
  for (const SettingFact* fact : sorted.required) {
    if (auto edit = dword_edit(fact->value, switched_on)) row.edits.push_back(std::move(*edit));
  }
  for (const SettingFact* fact : facts) {
    if (fact->value.presence != Presence::absent) {
      row.evidence.push_back(fmt::format("{}: {}", fact->name, describe_value(fact->value)));
    }
  }
  return row;
}

/// A control set where nothing of the kind is switched off or doubtful has no row.
bool says_nothing(const Facts& facts) {
  return std::all_of(facts.begin(), facts.end(),
                     [](const SettingFact* fact) { return state_of(fact->value) == State::on; });
}

/// The facts of one control set.
Facts in_set(const Facts& all, std::uint32_t set) {
  Facts facts;
  std::copy_if(all.begin(), all.end(), std::back_inserter(facts),
               [&](const SettingFact* fact) { return fact->control_set == set; });
  return facts;
}

/// Rows of one kind. Those of control sets that do not boot are information, unless they fail as
/// the one that boots does.
void judge_kind(const windows::Installation& installation, const Policy& policy, const Kind& kind,
                Rows& rows) {
  const Facts all = windows::facts_of(installation, kind.setting);
  Rows found;
  for (const std::uint32_t set : installation.control_sets.present) {
    const Facts facts = in_set(all, set);
    if (facts.empty() || says_nothing(facts)) continue;
    found.push_back(row_of(installation, policy, kind, facts));
  }
  inform_of_other_sets(installation.control_sets, found);
  std::move(found.begin(), found.end(), std::back_inserter(rows));
}

/// What is left of a suite by the switches of what it is made of.
NamedSuite narrowed(const windows::OsFacts& os, const Facts& not_on, NamedSuite suite,
                    const std::string& name) {
  if (suite.worth == SuiteWorth::none) return suite;
  for (const std::string_view algorithm : algorithms_of(name)) {
    const auto fact = std::find_if(not_on.begin(), not_on.end(),
                                   [&](const SettingFact* f) { return f->name == algorithm; });
    if (fact == not_on.end()) continue;
    if (state_of((*fact)->value) == State::open) {
      suite = {SuiteWorth::doubtful,
               "needs an algorithm of which it is open whether it is on: " + why_open(**fact)};
    } else if (os.family == Family::windows_10) {
      suite = {SuiteWorth::doubtful,
               fmt::format("needs {}, which is switched off, and whether {} obeys that is not "
                           "documented",
                           algorithm, os_name(os))};
    } else {
      return {};
    }
  }
  return suite;
}

/// How much a verdict says that is bad, so that a row says no less than another.
int weight(Verdict verdict) {
  switch (verdict) {
    case Verdict::fail:
      return 3;
    case Verdict::undetermined:
      return 2;
    case Verdict::warn:
      return 1;
    case Verdict::pass:
    case Verdict::not_applicable:
      break;
  }
  return 0;
}

std::string_view source_of(const SuitesInEffect& list) {
  if (list.fact == nullptr) return "the suites that this Windows has";
  return list.kind == SuiteListKind::of_policy ? "the list of a policy"
                                               : "the list of Windows itself";
}

std::string together_message(const SuitesInEffect& list, const SuiteTally& left,
                             const std::string& off, Family family) {
  const SuiteWorth deciding = left.deciding();
  switch (deciding) {
    case SuiteWorth::doubtful:
      return fmt::format(
          "whether TLS 1.2 has a cipher suite left that is in {} and can do without what is "
          "switched off ({}) is not certain: {}; {} with all that it needs would settle it",
          source_of(list), off, left[deciding].first, good_suite(family));
    case SuiteWorth::ecdsa:
      return fmt::format(
          "{} and what is switched off ({}) leave TLS 1.2 suites for an ECDSA certificate alone; "
          "most peers have an RSA one",
          source_of(list), off);
    case SuiteWorth::old:
      return fmt::format(
          "{} and what is switched off ({}) leave TLS 1.2 only old cipher suites such as {}, which "
          "many peers refuse",
          source_of(list), off, left[deciding].first);
    case SuiteWorth::rsa:
    case SuiteWorth::none:
      break;
  }
  return fmt::format(
      "TLS 1.2 has no cipher suite left, so it fails though it is on: {} has none that can do "
      "without what is switched off ({})",
      source_of(list), off);
}

/// Both sides of it: where the list stands and what is in it for TLS 1.2, and every switch.
void add_both(const SuitesInEffect& list, const SuiteTally& alone, const Facts& not_on,
              Finding& row) {
  row.evidence.push_back(fmt::format(
      "{}: for TLS 1.2 with an RSA certificate: {}, with an ECDSA certificate: {}, old: {}, "
      "doubtful: {}, such as {}",
      list.fact == nullptr ? std::string(source_of(list))
                           : fmt::format("{}, value {}", list.fact->key, list.fact->value),
      alone[SuiteWorth::rsa].number, alone[SuiteWorth::ecdsa].number, alone[SuiteWorth::old].number,
      alone[SuiteWorth::doubtful].number, alone[alone.deciding()].first));
  for (const SettingFact* fact : not_on) {
    row.evidence.push_back(fmt::format("{}: {}", fact->name, describe_value(fact->value)));
  }
}

/// The row of what list and switches leave together; none where it is no worse than `so_far`, the
/// verdicts on each kind, or than the list alone.
std::optional<Finding> judge_together(const windows::Installation& installation, std::uint32_t set,
                                      int so_far) {
  Facts not_on;
  for (const Kind& kind : kinds) {
    for (const SettingFact* fact : in_set(windows::facts_of(installation, kind.setting), set)) {
      if (state_of(fact->value) != State::on) not_on.push_back(fact);
    }
  }
  if (not_on.empty()) return std::nullopt;
  const auto list = suites_in_effect(installation, set);
  if (!list) return std::nullopt;
  const windows::OsFacts& os = installation.os;
  const SuiteTally alone(list->names, os.family);
  const SuiteTally left(list->names, os.family, [&](NamedSuite suite, const std::string& name) {
    return narrowed(os, not_on, std::move(suite), name);
  });
  const Verdict verdict = verdict_of(left.deciding());
  const int list_alone = list->fact == nullptr ? 0 : weight(verdict_of(alone.deciding()));
  if (weight(verdict) <= std::max(so_far, list_alone)) return std::nullopt;

  Finding row = make_row(verdict, together_message(*list, left, names(not_on), os.family));
  if (list->policy_unknown && list->fact != nullptr) {
    row.verdict = Verdict::undetermined;
    row.message +=
        fmt::format("; whether a policy has another list is not known: {}", *list->policy_unknown);
  }
  set_control_set(installation.control_sets, set, row);
  show_value(row, not_on.front()->value);
  row.subject = "cipher suites";
  row.severity = Severity::high;
  // What no list at all could mend does not rest on SOFTWARE.
  if (list->fact != nullptr || verdict != Verdict::fail) {
    row.also_rests_on = windows::HiveName::software;
  }
  add_both(*list, alone, not_on, row);
  row.evidence.push_back(
      fmt::format("switch on what {} needs and have it in the list; goldhive does not change it",
                  good_suite(os.family)));
  return row;
}

/// A kind of which the policy requires something says nothing about what is left.
int worst_of(const Rows& rows, std::uint32_t set) {
  int worst = 0;
  for (const Finding& row : rows) {
    if (row.control_set == set && !row.expected) worst = std::max(worst, weight(row.verdict));
  }
  return worst;
}

void run(const windows::Installation& installation, const Policy& policy, Rows& rows) {
  Rows found;
  for (const Kind& kind : kinds) judge_kind(installation, policy, kind, found);
  if (found.empty()) return;
  if (appended_scope_row(installation, rows)) {
    rows.back().severity = Severity::high;
    return;
  }
  Rows together;
  for (const std::uint32_t set : installation.control_sets.present) {
    auto row = judge_together(installation, set, worst_of(found, set));
    if (row) together.push_back(std::move(*row));
  }
  inform_of_other_sets(installation.control_sets, together);
  for (Rows* list : {&found, &together}) {
    std::move(list->begin(), list->end(), std::back_inserter(rows));
  }
}

}  // namespace

namespace checks {

extern const Check tls12_algorithms{
    .id = id,
    .draws_on = DrawsOn::system,
    .severity = std::nullopt,
    .explanation =
        {.summary = "TLS 1.2 has a cipher, a hash and a key exchange that are not switched off",
         .meaning = "HKLM\\SYSTEM\\ControlSetNNN\\Control\\SecurityProviders\\SCHANNEL, the keys "
                    "Ciphers\\NAME, Hashes\\NAME and KeyExchangeAlgorithms\\NAME, value Enabled, "
                    "REG_DWORD: 0 switches the algorithm off. A row is there only where one that "
                    "TLS 1.2 uses is switched off. What this and the list of cipher suites leave "
                    "only together has a row of its own.",
         .why = "A cipher suite needs one algorithm of each kind. With all of one kind off, TLS "
                "1.2 fails though the protocol is on; with only 3DES, RC4 or MD5 left, many peers "
                "refuse it. Windows 7 to 8.1 obey these keys; of later ones it is not documented.",
         .fix = "Set Enabled to 0xffffffff for what shall be used, or delete the value. goldhive "
                "patch does so only for what the policy requires by name, since switching off is "
                "meant as a rule.",
         .source = "support.microsoft.com/kb/245030; learn.microsoft.com, TLS registry settings"},
    .run = run,
    .may_require = good_names,
};

}  // namespace checks

}  // namespace goldhive::policy
