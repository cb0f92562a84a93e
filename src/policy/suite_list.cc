// Lists of cipher suites: the value Functions of a group policy (rule C11) and of Windows itself
// (rule C13).
//
// What is odd about them:
// - Group policy writes a REG_SZ with commas, usually with one behind the last name too. Tools also
//   write a REG_MULTI_SZ, one name a string. What other types do is not documented, nor what a
//   REG_MULTI_SZ does whose one string is a list with commas (rule I28).
// - Microsoft limits the list of a policy to 1,023 characters and does not say what happens to a
//   longer one. So a name behind that limit counts neither as present nor as absent.
#include "src/policy/suite_list.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "src/policy/finding_parts.h"
#include "src/windows/settings.h"

namespace goldhive::policy {
namespace {

using hive::ValueType;

constexpr std::size_t longest_list = 1023;
/// The most characters of a name that are compared and shown. No suite has a name half as long.
constexpr std::size_t longest_name = 100;

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

}  // namespace

SuiteNames read_suite_names(const windows::ValueFact& fact, SuiteListKind kind) {
  SuiteNames names;
  const bool multi = fact.type == ValueType::multi_sz;
  const bool of_policy = kind == SuiteListKind::of_policy;
  if (!multi && !(of_policy && fact.type == ValueType::sz)) {
    names.trouble = fmt::format("{} is {}", hive::to_string(fact.type),
                                of_policy ? "neither a REG_SZ nor a REG_MULTI_SZ"
                                          : "not the REG_MULTI_SZ that Windows writes");
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

std::optional<SuitesInEffect> suites_in_effect(const windows::Installation& installation,
                                               std::uint32_t control_set) {
  SuitesInEffect list;
  list.policy_unknown = hive_trouble(installation, windows::HiveName::software);
  const auto take = [&](const windows::Setting& setting, SuiteListKind kind) {
    for (const windows::SettingFact* fact : windows::facts_of(installation, setting)) {
      const bool absent = fact->value.presence == windows::Presence::absent;
      if (fact->control_set != control_set && setting.scope == windows::Scope::control_sets) {
        continue;
      }
      if (absent && (kind == SuiteListKind::of_policy ||
                     fact->value.key_presence != windows::Presence::present)) {
        continue;
      }
      list.fact = &fact->value;
      list.kind = kind;
    }
    return list.fact != nullptr;
  };
  const bool listed = (!list.policy_unknown &&
                       take(windows::settings::cipher_suite_order, SuiteListKind::of_policy)) ||
                      take(windows::settings::local_suite_order, SuiteListKind::of_windows);
  if (!listed) {
    list.names.all = suites_of(installation.os.family);
    list.names.sure = list.names.all.size();
    return list;
  }
  if (unreadable(*list.fact) || list.fact->presence != windows::Presence::present) {
    return std::nullopt;
  }
  list.names = read_suite_names(*list.fact, list.kind);
  if (!list.names.trouble.empty()) return std::nullopt;
  return list;
}

SuiteTally::SuiteTally(const SuiteNames& names, windows::Family family, const Narrow& narrow) {
  for (std::size_t i = 0; i < names.all.size(); ++i) {
    NamedSuite suite = judge_suite(names.all[i], family);
    if (i >= names.sure && suite.worth != SuiteWorth::none) {
      suite = {SuiteWorth::doubtful, "stands behind the 1,023 characters that the list may have"};
    }
    if (narrow) suite = narrow(suite, names.all[i]);
    const bool doubtful = suite.worth == SuiteWorth::doubtful;
    counts_.at(static_cast<std::size_t>(suite.worth))
        .add(doubtful ? fmt::format("{} {}", names.all[i], suite.why) : names.all[i]);
    if (suite.lacks_curve) without_curve.add(names.all[i]);
  }
}

SuiteWorth SuiteTally::deciding() const {
  for (const SuiteWorth worth :
       {SuiteWorth::rsa, SuiteWorth::doubtful, SuiteWorth::ecdsa, SuiteWorth::old}) {
    if ((*this)[worth].number > 0) return worth;
  }
  return SuiteWorth::none;
}

Verdict verdict_of(SuiteWorth deciding) {
  switch (deciding) {
    case SuiteWorth::rsa:
      return Verdict::pass;
    case SuiteWorth::doubtful:
      return Verdict::undetermined;
    case SuiteWorth::ecdsa:
    case SuiteWorth::old:
      return Verdict::warn;
    case SuiteWorth::none:
      break;
  }
  return Verdict::fail;
}

const char* good_suite(windows::Family family) {
  return family == windows::Family::windows_10 ? "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
                                               : "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256_P256";
}

}  // namespace goldhive::policy
