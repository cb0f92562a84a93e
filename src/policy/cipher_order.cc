// schannel.cipher-suite-order: SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002,
// value Functions (docs/rules.md, C11), the group policy SSL Cipher Suite Order. A suite that is
// not in the list is not used, so a list can leave TLS 1.2 nothing to speak with while every
// protocol is on. cipher_suites.cc says what each name is worth.
//
// What is odd about it:
// - Group policy writes a REG_SZ with commas, usually with one behind the last name too. Tools also
//   write a REG_MULTI_SZ, one name a string. What other types do is not documented, nor what a
//   REG_MULTI_SZ does whose one string is a list with commas (rule I28).
// - Microsoft limits the list to 1,023 characters and does not say what happens to a longer one. So
//   a name behind that limit counts neither as present nor as absent.
// - The list is a choice of an administrator, and a domain may write it again. So it is never
//   changed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "imgtools/bytes/text.h"
#include "src/policy/checks.h"
#include "src/policy/cipher_suites.h"
#include "src/policy/finding_parts.h"
#include "src/windows/settings.h"

namespace goldhive::policy {
namespace {

using hive::ValueType;
using windows::Family;

constexpr std::size_t longest_list = 1023;
/// The most characters of a name that are compared and shown. No suite has a name half as long.
constexpr std::size_t longest_name = 100;

struct Names {
  std::vector<std::string> all;
  std::size_t sure = 0;  ///< the first of them, which end within the allowed length
  std::string trouble;   ///< why the value cannot be taken for a list
};

/// The text up to its end; nullopt and `trouble` if it has none, or goes on behind it.
std::optional<std::u16string> whole_text(const windows::ValueFact& fact, std::string& trouble) {
  std::u16string text = utf16_from_bytes(fact.data);
  if (fact.data.size() % 2 != 0 || text.empty() || text.back() != u'\0') {
    trouble = "its text has no end and may be cut off";
    return std::nullopt;
  }
  while (!text.empty() && text.back() == u'\0') text.pop_back();
  const std::u16string end(fact.type == ValueType::multi_sz ? 2 : 1, u'\0');
  if (text.find(end) != std::u16string::npos) {
    trouble = "its text goes on behind its end";
    return std::nullopt;
  }
  return text;
}

Names read_names(const windows::ValueFact& fact) {
  Names names;
  const bool multi = fact.type == ValueType::multi_sz;
  if (!multi && fact.type != ValueType::sz) {
    names.trouble =
        fmt::format("{} is neither a REG_SZ nor a REG_MULTI_SZ", hive::to_string(fact.type));
    return names;
  }
  const std::optional<std::u16string> text = whole_text(fact, names.trouble);
  if (!text) return names;
  const char16_t divider = multi ? u'\0' : u',';
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find(divider, begin), text->size());
    if (end > begin) {
      const std::size_t size = std::min(end - begin, longest_name);
      names.all.push_back(to_utf8(std::u16string_view(*text).substr(begin, size)));
      if (multi || end <= longest_list) names.sure = names.all.size();
    }
    begin = end + 1;
  }
  if (names.all.empty()) names.trouble = "what Schannel makes of an empty list is not documented";
  if (multi && text->find(u',') != std::u16string::npos) {
    names.trouble =
        "it is a REG_MULTI_SZ with commas in a name, and whether Schannel divides that is not "
        "documented";
  }
  return names;
}

/// How many names are worth what, and the first one of each.
class Tally {
 public:
  struct Count {
    std::size_t number = 0;
    std::string first;  ///< if it is doubtful, followed by the reason
    void add(const std::string& name) {
      if (number++ == 0) first = name;
    }
  };

  Tally(const Names& names, Family family) {
    for (std::size_t i = 0; i < names.all.size(); ++i) {
      NamedSuite suite = judge_suite(names.all[i], family);
      if (i >= names.sure && suite.worth != SuiteWorth::none) {
        suite = {SuiteWorth::doubtful, "stands behind the 1,023 characters that the list may have"};
      }
      const bool doubtful = suite.worth == SuiteWorth::doubtful;
      counts_.at(static_cast<std::size_t>(suite.worth))
          .add(doubtful ? fmt::format("{} {}", names.all[i], suite.why) : names.all[i]);
      if (suite.lacks_curve) without_curve.add(names.all[i]);
    }
  }

  const Count& operator[](SuiteWorth worth) const {
    return counts_.at(static_cast<std::size_t>(worth));
  }

  Count without_curve;

 private:
  std::array<Count, 5> counts_;
};

/// A suite that this Windows has from the start and nearly every peer accepts.
const char* good_suite(Family family) {
  return family == Family::windows_10 ? "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                                      : "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256";
}

Finding verdict(const windows::OsFacts& os, std::size_t number, const Tally& tally) {
  if (tally[SuiteWorth::rsa].number > 0) {
    return make_row(
        Verdict::pass,
        fmt::format("a policy allows {} cipher suites, {} of them good for TLS 1.2", number,
                    tally[SuiteWorth::rsa].number + tally[SuiteWorth::ecdsa].number));
  }
  if (tally[SuiteWorth::doubtful].number > 0) {
    return make_row(Verdict::undetermined,
                    fmt::format("whether TLS 1.2 has a cipher suite in the list of a policy is not "
                                "certain: {}; {} in it would settle it",
                                tally[SuiteWorth::doubtful].first, good_suite(os.family)));
  }
  if (tally[SuiteWorth::ecdsa].number > 0) {
    return make_row(Verdict::warn,
                    "a policy allows TLS 1.2 only with peers that have an ECDSA certificate; most "
                    "have an RSA one");
  }
  if (tally[SuiteWorth::old].number > 0) {
    return make_row(
        Verdict::warn,
        fmt::format("a policy leaves TLS 1.2 only old cipher suites such as {}, which many "
                    "peers refuse",
                    tally[SuiteWorth::old].first));
  }
  return make_row(
      Verdict::fail,
      fmt::format("a policy leaves TLS 1.2 no cipher suite: none of those it names is one "
                  "that {} has and peers accept, so TLS 1.2 fails though it is on",
                  os_name(os)));
}

void add_evidence(Family family, const Tally& tally, Finding& row) {
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
      fmt::format("set the group policy SSL Cipher Suite Order to Not Configured (delete the value "
                  "Functions), or "
                  "add {}; goldhive does not change it",
                  good_suite(family)));
}

Finding judge(const windows::OsFacts& os, const windows::ValueFact& fact) {
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  const Names names = read_names(fact);
  if (!names.trouble.empty()) {
    return make_row(
        Verdict::undetermined,
        fmt::format("a policy for the order of cipher suites is set, but {}; a REG_SZ of "
                    "names with commas would settle it",
                    names.trouble));
  }
  const Tally tally(names, os.family);
  Finding row = verdict(os, names.all.size(), tally);
  add_evidence(os.family, tally, row);
  return row;
}

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  // A SOFTWARE that is missing or damaged has its own row (hive.state), and so have the checks that
  // always ask it.
  if (hive_trouble(installation, windows::HiveName::software)) return;
  for (const windows::SettingFact* fact :
       windows::facts_of(installation, windows::settings::cipher_suite_order)) {
    if (fact->value.presence == windows::Presence::absent) continue;
    if (!appended_scope_row(installation, rows)) {
      rows.push_back(judge(installation.os, fact->value));
      show_value(rows.back(), fact->value);
    }
    // TLS 1.2 that is on and fails all the same is as bad as one that is off (rule I8).
    const bool none = rows.back().verdict == Verdict::fail;
    rows.back().severity = none ? Severity::high : Severity::medium;
  }
}

}  // namespace

namespace checks {

extern const Check cipher_suite_order{
    .id = "schannel.cipher-suite-order",
    .draws_on = DrawsOn::software,
    .severity = std::nullopt,
    .explanation =
        {.summary = "A policy for the order of cipher suites leaves TLS 1.2 suites that work",
         .meaning = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\0001000"
                    "2, value Functions, REG_SZ with commas or REG_MULTI_SZ: the group policy SSL "
                    "Cipher Suite Order. A row is there only where it is set. The order of Windows "
                    "itself (SYSTEM) is not judged.",
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
