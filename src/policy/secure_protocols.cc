#include "src/policy/secure_protocols.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <numeric>

#include "src/policy/finding_parts.h"
#include "src/policy/protocols.h"

namespace goldhive::policy {

using windows::Family;
using windows::OsFacts;
using windows::Presence;
using windows::ValueFact;

namespace {

using How = MaskReading::How;

constexpr std::uint32_t server_2022_build = 20348;  // the first that has TLS 1.3
constexpr std::uint32_t windows_11_build = 22000;

// What WinHTTP offers by itself (docs/rules.md, A7; Microsoft, "Option flags (Winhttp.h)").
constexpr std::uint32_t old_default = ssl30 | tls10;
constexpr std::uint32_t blue_default = ssl30 | tls10 | tls11 | tls12;
constexpr std::uint32_t without_old_tls = tls12;  // Windows 10 with KB5017811 (2022-09) or later
constexpr std::uint32_t default_of_11 = tls12 | tls13;
// What Internet Explorer 11 offers by itself, without KB5017811 (rule D3).
constexpr std::uint32_t ie11_default = tls10 | tls11 | tls12;

std::uint32_t legal_bits(const OsFacts& os) {
  return os.build >= server_2022_build ? all_bits : classic_bits;
}

std::uint32_t in_all(const Masks& masks) {
  return std::accumulate(masks.begin(), masks.end(), ~std::uint32_t{0}, std::bit_and<>());
}
std::uint32_t in_any(const Masks& masks) {
  return std::accumulate(masks.begin(), masks.end(), std::uint32_t{0}, std::bit_or<>());
}

std::vector<Grade> grades(const MaskDemand& demand, const Masks& masks) {
  std::vector<Grade> result;
  for (const std::uint32_t mask : masks) result.push_back(demand.grade(mask));
  return result;
}

/// The number that `digits` are to that base, if its bits are defined.
std::optional<std::uint32_t> legal_number(const std::string& digits, int base,
                                          std::uint32_t legal) {
  std::uint32_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number, base);
  if (error != std::errc{} || stop != end || number == 0 || (number & ~legal) != 0) {
    return std::nullopt;
  }
  return number;
}

/// Regedit asks for the digits of a DWORD as hexadecimal or as decimal ones, and people type those
/// of the other kind (superuser.com/questions/1080317). What they may have meant; "" if nothing
/// that is defined.
std::string what_was_meant(std::uint32_t number, std::uint32_t legal) {
  const std::string hexadecimal = fmt::format("{:x}", number);
  if (const auto meant = legal_number(hexadecimal, 10, legal)) {
    return fmt::format("{} decimal is {:#x}: was that meant?", hexadecimal, *meant);
  }
  const std::string decimal = std::to_string(number);
  if (const auto meant = legal_number(decimal, 16, legal)) {
    return fmt::format("{} as hexadecimal digits is {:#x}: was that meant?", decimal, *meant);
  }
  return "";
}

// ---- words

/// "not set", "0xa0 (SSL 3.0, TLS 1.0)", "REG_QWORD 0xa00 is ignored: ...".
std::string state_in_words(const ValueFact& fact, const MaskReading& reading) {
  switch (reading.how) {
    case How::absent:
      return "not set";
    case How::set:
      return fmt::format("{:#x} ({})", reading.bits, describe_bits(reading.bits));
    case How::risk:
      return fmt::format(
          "{} holds the TLS 1.3 bit 0x2000, which is not defined for this Windows; the bit or the "
          "whole value may be ignored",
          show_data(fact.type, fact.data));
    case How::ignored:
      break;
  }
  return fmt::format("{} is ignored: {}", show_data(fact.type, fact.data), reading.why_ignored);
}

/// "SSL 3.0, TLS 1.0 only"; "TLS 1.2 (and TLS 1.0, TLS 1.1, by update level)".
std::string offer_in_words(const Masks& masks, std::string_view depends_on) {
  const std::uint32_t certain = in_all(masks);
  const std::uint32_t rest = in_any(masks) & ~certain;
  return rest == 0 ? describe_bits(certain) + " only"
                   : fmt::format("{} (and {}, by {})", describe_bits(certain), describe_bits(rest),
                                 depends_on);
}

std::string failure(const MaskQuestion& q, const MaskReading& reading, const std::string& state) {
  const std::uint32_t missing = q.demand.required & ~in_any(reading.masks);
  std::string text = state;
  if (reading.how == How::risk) {
    text = "risk: " + state;
    if (missing != 0) text += fmt::format("; either way {} is not offered", describe_bits(missing));
  } else if (reading.how != How::set) {
    text +=
        fmt::format(": {} offer {}", q.programs, offer_in_words(reading.masks, q.rules.depends_on));
  } else if (missing != 0) {
    text += fmt::format(", want {:#x}", q.demand.required);
  }
  if (const std::uint32_t bad = q.demand.forbidden & in_any(reading.masks);
      missing == 0 && bad != 0) {
    text += fmt::format("; the policy forbids {}", describe_bits(bad));
  }
  return text;
}

std::string open_question(const MaskQuestion& q, const MaskReading& reading,
                          const std::string& state) {
  const std::uint32_t maybe =
      (q.demand.required | q.demand.forbidden) & in_any(reading.masks) & ~in_all(reading.masks);
  if (reading.how == How::risk) {
    return fmt::format(
        "risk: {}, and whether {} is offered depends on that; a value without the bit would settle "
        "it",
        state, describe_bits(maybe));
  }
  return fmt::format(
      "{}: whether {} is offered depends on the {}; setting the value would settle it", state,
      describe_bits(maybe), q.rules.depends_on);
}

std::string contentment(const MaskQuestion& q, const MaskReading& reading,
                        const std::string& state) {
  if (reading.how == How::absent) {
    return fmt::format("not set: already the default ({})", describe_bits(in_all(reading.masks)));
  }
  if (reading.how == How::risk) {
    return fmt::format("{}; either way {} is offered", state, describe_bits(in_all(reading.masks)));
  }
  if (q.demand.without_tls11 && (reading.bits & tls11) == 0) {
    return state + "; TLS 1.1, which is left out, is not asked of this Windows";
  }
  return state;
}

/// What a reader should know though nothing is wrong; "" if there is nothing.
std::string warning(const MaskQuestion& q, const MaskReading& reading, Verdict verdict,
                    const std::string& state) {
  std::string text;
  if (reading.how == How::ignored) {
    text = fmt::format("; what applies instead is right: {}", describe_bits(in_all(reading.masks)));
  }
  if (const std::uint32_t ssl = reading.bits & (ssl20 | ssl30); ssl != 0) {
    text += fmt::format("; {} should not be allowed", describe_bits(ssl));
  }
  if (verdict == Verdict::warn) {
    text += fmt::format(
        "; TLS 1.1 is left out, stricter than {}: judge by --policy tls12-only if it is meant, "
        "--only {} brings it back",
        q.policy, q.check);
  }
  return text.empty() ? "" : state + text;
}

// ---- the edit

/// What a number is made of: the bits that are there, if Windows reads them. An ignored number has
/// none (rule I1).
std::uint32_t bits_to_keep(const MaskQuestion& q, const MaskReading& reading) {
  if (reading.how == How::set || reading.how == How::risk) return reading.bits;
  // The number of KB3140245 is written in place of the old default and not added to it (rule A13).
  // Otherwise what is offered anyway is kept.
  const std::uint32_t offered = in_all(q.rules.unset);
  return asks_for_tls11(q.os) && (q.demand.required & ~offered) != 0 ? 0 : offered;
}

std::optional<Edit> edit_for(const MaskQuestion& q, const MaskReading& reading, bool bring_back) {
  const std::uint32_t kept = bits_to_keep(q, reading);
  // Windows 8.1 and later offer more without a value than with bits that are added to an old one:
  // TLS 1.3 where it has it, and TLS 1.1 only where it is the default still.
  const bool default_is_right = verdict_of(grades(q.demand, q.rules.unset)) == Verdict::pass;
  if (!asks_for_tls11(q.os) && default_is_right && (q.demand.required & ~kept) != 0 &&
      q.fact.presence == Presence::present) {
    return delete_edit(q.fact);
  }
  std::uint32_t added = q.demand.required;
  if (!bring_back && (kept & (tls11 | tls12)) == tls12) added &= ~tls11;
  const std::uint32_t after = (kept | added) & ~q.demand.forbidden;
  const bool read = after != 0 && (after & ~q.rules.legal) == 0;
  if (!read || q.demand.grade(after) == Grade::wrong) return std::nullopt;
  return dword_edit(q.fact, after);
}

}  // namespace

MaskRules winhttp_rules(const OsFacts& os) {
  MaskRules rules{legal_bits(os), {}, "update level"};
  if (os.family == Family::windows_7 || os.family == Family::windows_8) {
    rules.unset = {old_default};
  } else if (os.family == Family::windows_8_1) {
    rules.unset = {blue_default};
  } else if (os.build >= windows_11_build) {
    rules.unset = {default_of_11};
  } else {
    rules.unset = {blue_default, without_old_tls};
    // Of a server of 2022 the documentation says nothing, and an unknown build may be a later one.
    if (os.build == 0 || os.build >= server_2022_build) rules.unset.push_back(default_of_11);
  }
  return rules;
}

MaskRules wininet_rules(const OsFacts& os) {
  MaskRules rules{legal_bits(os), {}, "update level"};
  if (os.family == Family::windows_7 || os.family == Family::windows_8) {
    // Internet Explorer 8 to 10, and 11.
    rules.unset = {old_default, ie11_default};
    rules.depends_on = "version of Internet Explorer";
  } else if (os.family == Family::windows_8_1) {
    rules.unset = {ie11_default};
  } else {
    rules.unset = {ie11_default, without_old_tls};
    if (os.build == 0 || os.build >= server_2022_build) rules.unset.push_back(default_of_11);
  }
  return rules;
}

MaskReading read_masks(const ValueFact& fact, const MaskRules& rules) {
  MaskReading reading;
  reading.masks = rules.unset;
  if (fact.presence == Presence::absent) return reading;
  reading.how = How::ignored;
  const auto number = fact.dword();
  if (!number) {
    reading.why_ignored = fmt::format("{} of {} bytes, not a REG_DWORD of 4",
                                      hive::to_string(fact.type), fact.data.size());
    return reading;
  }
  const std::uint32_t undefined = *number & ~rules.legal;
  if (*number == 0) {
    reading.why_ignored = "it names no protocol";
  } else if (undefined == 0) {
    reading.how = How::set;
    reading.bits = *number;
    reading.masks = {*number};
  } else if (undefined == tls13) {
    reading.how = How::risk;
    reading.bits = *number & rules.legal;
    reading.masks.push_back(reading.bits);
  } else {
    reading.why_ignored = fmt::format("undefined bits {:#x}", undefined);
    reading.question = what_was_meant(*number, rules.legal);
  }
  return reading;
}

Grade MaskDemand::grade(std::uint32_t mask) const {
  const std::uint32_t missing = required & ~mask;
  if ((mask & forbidden) != 0) return Grade::wrong;
  if (missing == tls11 && (mask & tls12) != 0) return Grade::stricter;
  return missing == 0 ? Grade::right : Grade::wrong;
}

MaskDemand demand_of(const OsFacts& os, std::uint32_t required, std::uint32_t forbidden) {
  if (asks_for_tls11(os)) return {required, forbidden, false};
  return {required & ~tls11, forbidden, (required & tls11) != 0};
}

Finding judge_masks(const MaskQuestion& q) {
  const MaskReading reading = read_masks(q.fact, q.rules);
  const std::string state = state_in_words(q.fact, reading);
  const Verdict verdict = verdict_of(grades(q.demand, reading.masks));
  Finding row;
  if (verdict == Verdict::fail) {
    row = make_row(verdict, failure(q, reading, state));
  } else if (verdict == Verdict::undetermined) {
    row = make_row(verdict, open_question(q, reading, state));
  } else if (std::string text = warning(q, reading, verdict, state); !text.empty()) {
    row = make_row(Verdict::warn, std::move(text));
  } else {
    row = make_row(verdict, contentment(q, reading, state));
  }
  row.only_when_named = verdict == Verdict::warn;
  const auto edit =
      verdict == Verdict::pass ? std::nullopt : edit_for(q, reading, row.only_when_named);
  if (edit) row.edits.push_back(*edit);
  if (edit && !edit->after) {
    row.message += fmt::format("; without the value {} offer {}", q.programs,
                               describe_bits(in_all(q.rules.unset)));
  }
  if (!reading.question.empty()) row.message += "; " + reading.question;
  return row;
}

}  // namespace goldhive::policy
