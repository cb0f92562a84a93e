// schannel.cipher-suite-order: SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002,
// value Functions (docs/rules.md, C11), the group policy SSL Cipher Suite Order; and where that is
// not set SYSTEM\ControlSetNNN\Control\Cryptography\Configuration\Local\SSL\00010002, value
// Functions (rule C13), the list that Windows itself brings along. A suite that is not in the list
// is not used, so a list can leave TLS 1.2 nothing to speak with while every protocol is on.
// cipher_suites.cc says what each name is worth, suite_list.cc how a list is read.
//
// What is odd about it:
// - Every Windows has its own list, and nearly all are good: only one that is not has a row.
// - The list is a choice of an administrator, and a domain may write it again. So it is never
//   changed.
// - What algorithms are switched off beside a list is judged in tls12_algorithms.cc.
#include <fmt/format.h>

#include <array>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/suite_list.h"
#include "src/windows/settings.h"

namespace goldhive::policy {
namespace {

using windows::Family;
using windows::HiveName;
using windows::Presence;

std::string_view who_lists(SuiteListKind kind) {
  return kind == SuiteListKind::of_policy ? "a policy" : "the list of Windows itself";
}

Finding verdict(const windows::OsFacts& os, SuiteListKind kind, std::size_t number,
                const SuiteTally& tally) {
  const std::string_view who = who_lists(kind);
  const SuiteWorth deciding = tally.deciding();
  const auto row = [&](std::string message) {
    return make_row(verdict_of(deciding), std::move(message));
  };
  switch (deciding) {
    case SuiteWorth::rsa:
      return row(fmt::format("{} allows {} cipher suites, {} of them good for TLS 1.2", who, number,
                             tally[SuiteWorth::rsa].number + tally[SuiteWorth::ecdsa].number));
    case SuiteWorth::doubtful:
      return row(
          fmt::format("whether TLS 1.2 has a cipher suite in the list of {} is not "
                      "certain: {}; {} in it would settle it",
                      kind == SuiteListKind::of_policy ? "a policy" : "Windows itself",
                      tally[deciding].first, good_suite(os.family)));
    case SuiteWorth::ecdsa:
      return row(fmt::format(
          "{} allows TLS 1.2 only with peers that have an ECDSA certificate; most have an RSA one",
          who));
    case SuiteWorth::old:
      return row(fmt::format(
          "{} leaves TLS 1.2 only old cipher suites such as {}, which many peers refuse", who,
          tally[deciding].first));
    case SuiteWorth::none:
      break;
  }
  return row(
      fmt::format("{} leaves TLS 1.2 no cipher suite: none of those it names is one that {} "
                  "has and peers accept, so TLS 1.2 fails though it is on",
                  who, os_name(os)));
}

void add_evidence(Family family, SuiteListKind kind, const SuiteTally& tally, Finding& row) {
  row.evidence.push_back(fmt::format(
      "for TLS 1.2 with an RSA certificate: {}, with an ECDSA certificate: {}, old: {}, "
      "doubtful: {}, of no use: {}",
      tally[SuiteWorth::rsa].number, tally[SuiteWorth::ecdsa].number, tally[SuiteWorth::old].number,
      tally[SuiteWorth::doubtful].number, tally[SuiteWorth::none].number));
  if (row.verdict == Verdict::pass) return;
  if (tally.without_curve.number > 0) {
    row.evidence.push_back(fmt::format(
        "{} of the names lack the curve (_P256, _P384 or _P521) that names of ECDHE suites "
        "end in before Windows 10, such as {}",
        tally.without_curve.number, tally.without_curve.first));
  }
  row.evidence.push_back(
      kind == SuiteListKind::of_policy
          ? fmt::format("set the group policy SSL Cipher Suite Order to Not Configured (delete the "
                        "value Functions), or "
                        "add {}; goldhive does not change it",
                        good_suite(family))
          : fmt::format("add {}, or set the group policy SSL Cipher Suite Order to a list with it, "
                        "which counts instead; goldhive does not change it",
                        good_suite(family)));
}

Finding judge(const windows::OsFacts& os, const windows::ValueFact& fact, SuiteListKind kind) {
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  const bool of_policy = kind == SuiteListKind::of_policy;
  if (fact.presence == Presence::absent) {
    return make_row(Verdict::undetermined,
                    "the key of Windows' own list of cipher suites is there without its value, and "
                    "what Schannel does then is not documented; a REG_MULTI_SZ of names would "
                    "settle it");
  }
  const SuiteNames names = read_suite_names(fact, kind);
  if (!names.trouble.empty()) {
    return make_row(
        Verdict::undetermined,
        fmt::format("{} order of cipher suites is set, but {}; a {} would settle it",
                    of_policy ? "a policy for the" : "Windows' own", names.trouble,
                    of_policy ? "REG_SZ of names with commas" : "REG_MULTI_SZ of names"));
  }
  const SuiteTally tally(names, os.family);
  Finding row = verdict(os, kind, names.all.size(), tally);
  add_evidence(os.family, kind, tally, row);
  return row;
}

/// TLS 1.2 that is on and fails all the same is as bad as one that is off (rule I8).
void rate(Finding& row) {
  row.severity = row.verdict == Verdict::fail ? Severity::high : Severity::medium;
}

/// True if a policy has a list, or may have one in a value that could not be read: the list of
/// Windows itself is not asked then.
bool judged_policy(const windows::Installation& installation, Rows& rows) {
  for (const windows::SettingFact* fact :
       windows::facts_of(installation, windows::settings::cipher_suite_order)) {
    if (fact->value.presence == Presence::absent) continue;
    if (!appended_scope_row(installation, rows)) {
      rows.push_back(judge(installation.os, fact->value, SuiteListKind::of_policy));
      show_value(rows.back(), fact->value);
    }
    rate(rows.back());
    return true;
  }
  return false;
}

/// Whether a list of Windows itself counts depends on SOFTWARE, which may have one of a policy.
void judge_own(const windows::Installation& installation, Rows& rows) {
  if (out_of_scope(installation) || unknown_os(installation)) return;
  const auto software = hive_trouble(installation, HiveName::software);
  Rows found;
  for (const windows::SettingFact* fact :
       windows::facts_of(installation, windows::settings::local_suite_order)) {
    const windows::ValueFact& value = fact->value;
    if (value.presence == Presence::absent && value.key_presence != Presence::present) continue;
    Finding row = judge(installation.os, value, SuiteListKind::of_windows);
    if (row.verdict == Verdict::pass) continue;
    if (software) {
      row.verdict = Verdict::undetermined;
      row.message += fmt::format("; whether a policy has another list is not known: {}", *software);
    }
    show_value(row, value);
    set_control_set(installation.control_sets, fact->control_set, row);
    row.also_rests_on = HiveName::system;
    rate(row);
    found.push_back(std::move(row));
  }
  inform_of_other_sets(installation.control_sets, found);
  std::move(found.begin(), found.end(), std::back_inserter(rows));
}

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  // A hive that is missing or damaged has its own row (hive.state), and so have the checks that
  // always ask it.
  if (!hive_trouble(installation, HiveName::software) && judged_policy(installation, rows)) return;
  if (!hive_trouble(installation, HiveName::system)) judge_own(installation, rows);
}

}  // namespace

namespace checks {

extern const Check cipher_suite_order{
    .id = "schannel.cipher-suite-order",
    .draws_on = DrawsOn::software,
    .severity = std::nullopt,
    .explanation =
        {.summary = "The order of cipher suites leaves TLS 1.2 suites that work",
         .meaning = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\0001000"
                    "2, value Functions, REG_SZ with commas or REG_MULTI_SZ: the group policy SSL "
                    "Cipher Suite Order. A row is there where it is set. Where it is not, the list "
                    "of Windows itself counts, and has a row where it is not good: "
                    "HKLM\\SYSTEM\\ControlSetNNN\\Control\\Cryptography\\Configuration\\Local\\S"
                    "SL\\00010002, value Functions, REG_MULTI_SZ.",
         .why = "Schannel uses no suite that is not in the list. A list without one that this "
                "Windows has and its peers accept breaks TLS 1.2, though the protocol is on. Up to "
                "Windows 8.1 names of ECDHE suites end in a curve (_P256, _P384, _P521), so that a "
                "list made for Windows 10 names none of them there.",
         .fix = "Set the policy to Not Configured (delete the value Functions), or add the suite "
                "that the evidence names. goldhive does not change it.",
         .source = "learn.microsoft.com, TLS Cipher Suites in Windows 7, 8 and 8.1; Manage "
                   "Transport Layer Security (TLS)"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
