// winhttp.default-secure-protocols: the DWORD DefaultSecureProtocols of the key
// ...\CurrentVersion\Internet Settings\WinHttp, once in SOFTWARE and, on 64-bit Windows, once more
// below Wow6432Node: 64-bit and 32-bit programs each read their own view, and nothing copies one to
// the other. One row a view.
//
// What is odd about it (rules A):
// - It is the default for programs that name no protocols. Windows 7 and 8 without it offer SSL 3.0
//   and TLS 1.0; Windows 8.1 and later offer TLS 1.2 without any value.
// - It is read as REG_DWORD or not at all. Guides in the wild write REG_QWORD and REG_SZ.
// - 0, and a value with one undefined bit, are ignored as a whole: such a value does not narrow the
//   default, it restores it. (From disassembly of a newer winhttp.dll; whether Windows 7 knows the
//   TLS 1.3 bit was never tested, so there it is called a risk and does not count as right.)
// - Windows 7 before SP1 never reads it.
#include "src/policy/secure_protocols.h"

#include <fmt/format.h>

#include <algorithm>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/protocols.h"

namespace goldhive::policy {

using windows::Family;
using windows::Presence;
using windows::ValueFact;

namespace {

constexpr std::uint32_t server_2022_build = 20348;  // the first that has TLS 1.3
constexpr std::uint32_t windows_11_build = 22000;

/// What WinHTTP uses, and how it comes to it.
struct Reading {
  /// `risk`: a value with the TLS 1.3 bit on a Windows older than TLS 1.3. Either the bit is
  /// ignored or the whole value; nobody has looked.
  enum class How { set, absent, ignored, risk } how = How::absent;
  std::uint32_t bits = 0;      ///< in use for certain
  std::uint32_t possible = 0;  ///< in use on some update levels, or in one of the two risks
  std::string why_ignored;
};

Reading read(const ValueFact& fact, const WinHttpDefaults& os) {
  Reading reading;
  reading.bits = os.certain;
  reading.possible = os.possible;
  if (fact.presence == Presence::absent) return reading;
  reading.how = Reading::How::ignored;
  const auto number = fact.dword();
  if (!number) {
    reading.why_ignored = fmt::format("{} of {} bytes, not a REG_DWORD of 4",
                                      hive::to_string(fact.type), fact.data.size());
    return reading;
  }
  const std::uint32_t illegal = *number & ~os.legal;
  if (*number == 0) {
    reading.why_ignored = "it names no protocol";
  } else if (illegal == tls13) {
    reading.how = Reading::How::risk;
    const std::uint32_t alternative = *number & os.legal;
    reading.bits = os.certain & alternative;
    reading.possible = (os.certain | os.possible | alternative) & ~reading.bits;
  } else if (illegal != 0) {
    reading.why_ignored = fmt::format("undefined bits {:#x}", illegal);
  } else {
    reading.how = Reading::How::set;
    reading.bits = *number;
    reading.possible = 0;
  }
  return reading;
}

/// The bits that the policy requires of this Windows. Windows 8.1 and later have a good default.
/// Where that default leaves out TLS 1.1 (Windows 11, or Windows 10 with KB5017811), the policy
/// does not require it either (rules 0: "already default").
std::uint32_t required_bits(const Policy& policy, const windows::OsFacts& os, Reading::How how) {
  std::uint32_t required = policy.secure_protocols_required;
  const bool default_without_tls11 =
      os.family == Family::windows_10 && (os.build >= windows_11_build || how != Reading::How::set);
  if (default_without_tls11) required &= ~tls11;
  return required;
}

/// "not set", "0xa0 (SSL 3.0, TLS 1.0)", "REG_QWORD 0xa00 is ignored: ...".
std::string state_in_words(const ValueFact& fact, const Reading& reading) {
  switch (reading.how) {
    case Reading::How::absent:
      return "not set";
    case Reading::How::set:
      return fmt::format("{:#x} ({})", reading.bits, describe_bits(reading.bits));
    case Reading::How::risk:
      return fmt::format(
          "risk: {} holds the TLS 1.3 bit 0x2000, which is not defined for this "
          "Windows; the whole value may be ignored",
          show_data(fact.type, fact.data));
    case Reading::How::ignored:
      break;
  }
  return fmt::format("{} is ignored: {}", show_data(fact.type, fact.data), reading.why_ignored);
}

/// The verdict from what is in use.
Finding judge_bits(const windows::Installation& installation, const Policy& policy,
                   const ValueFact& fact, windows::View view, const Reading& reading) {
  const windows::OsFacts& os = installation.os;
  const std::uint32_t required = required_bits(policy, os, reading.how);
  const std::uint32_t forbidden = policy.secure_protocols_forbidden;
  const bool risk = reading.how == Reading::How::risk;
  const bool set = reading.how == Reading::How::set;
  const std::uint32_t missing =
      required & ~(reading.bits | (risk ? std::uint32_t{0} : reading.possible));
  const std::string state = state_in_words(fact, reading);
  const std::string in_use =
      set || risk
          ? ""
          : fmt::format(": {} offer {}{}", programs_of(os, view), describe_bits(reading.bits),
                        reading.possible == 0 ? " only"
                                              : fmt::format(" (and {}, by update level)",
                                                            describe_bits(reading.possible)));
  if (missing != 0) {
    return make_row(Verdict::fail,
                    set ? fmt::format("{}, want {:#x}", state, policy.secure_protocols_required)
                        : state + in_use);
  }
  if (const std::uint32_t bad = forbidden & reading.bits; bad != 0) {
    return make_row(Verdict::fail,
                    fmt::format("{}{}; the policy forbids {}", state, in_use, describe_bits(bad)));
  }
  if (const std::uint32_t maybe = forbidden & reading.possible; maybe != 0) {
    return make_row(Verdict::undetermined,
                    fmt::format("{}: whether {} is offered depends on the update level; setting "
                                "the value would settle it",
                                state, describe_bits(maybe)));
  }
  if (risk) return make_row(Verdict::warn, state + "; the default would do as well");
  if (reading.how == Reading::How::ignored) {
    return make_row(Verdict::warn, state + "; the default of this Windows applies, which is right");
  }
  if (!set) {
    return make_row(Verdict::pass,
                    fmt::format("not set: already the default ({})", describe_bits(reading.bits)));
  }
  if (const std::uint32_t ssl = reading.bits & (ssl20 | ssl30); ssl != 0) {
    return make_row(Verdict::warn,
                    fmt::format("{}: {} should not be allowed", state, describe_bits(ssl)));
  }
  return make_row(Verdict::pass, state);
}

/// Windows 7 without SP1 never reads the value. Where nobody can say whether SP1 is there, a right
/// value may be dead; where sources contradict each other, no other verdict stands either.
void apply_servicing_level(const windows::OsFacts& os, Finding& row) {
  if (os.family != Family::windows_7) return;
  if (os.sp1.presence == Presence::absent) {
    row.message = fmt::format(
        "dead value: {} never reads it; install SP1 and KB3140245 first ({})",
        os.build == 0 ? "a Windows 7 without SP1" : fmt::format("build {}", os.build), row.message);
    row.verdict = Verdict::fail;
    row.edits.clear();
  } else if (const auto reason = unknown_sp1(os)) {
    const bool conflict = !os.sp1.conflict.empty();
    if (row.verdict == Verdict::fail && !conflict) return;
    row.message = fmt::format("{}; but it counts only with SP1: {}", row.message, *reason);
    row.verdict = Verdict::undetermined;
    if (conflict) row.edits.clear();
  }
}

Finding judge(const windows::Installation& installation, const Policy& policy,
              const windows::WinHttpFacts& view) {
  const ValueFact& fact = view.default_secure_protocols;
  const windows::OsFacts& os = installation.os;
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  const WinHttpDefaults defaults = winhttp_defaults(os);
  Finding row = judge_bits(installation, policy, fact, view.view, read(fact, defaults));
  if (row.verdict == Verdict::fail || row.verdict == Verdict::undetermined) {
    const std::uint32_t after =
        merged_protocols(fact.dword(), defaults.legal, policy.secure_protocols_required,
                         policy.secure_protocols_forbidden);
    const bool enough = (policy.secure_protocols_required & ~after) == 0;
    if (auto edit = dword_edit(fact, after); edit && enough) row.edits.push_back(std::move(*edit));
  }
  if (os.family == Family::windows_10 && fact.presence != Presence::present) {
    row.evidence.push_back(
        "the default was taken from the build; KB5017811 (2022-09) and later drop TLS 1.0 and 1.1 "
        "from it");
  }
  apply_servicing_level(os, row);
  return row;
}

void run(const windows::Installation& installation, const Policy& policy, Rows& rows) {
  if (!policy.asks_of_winhttp()) return;
  if (appended_scope_row(installation, rows)) return;
  for (const windows::View view : views_with_row(installation.os)) {
    const auto facts = std::find_if(installation.winhttp.begin(), installation.winhttp.end(),
                                    [&](const windows::WinHttpFacts& f) { return f.view == view; });
    Finding row;
    if (facts == installation.winhttp.end()) {
      row = make_row(Verdict::undetermined, needs_hive(installation, windows::HiveName::software,
                                                       "the value was not looked for"));
    } else {
      row = judge(installation, policy, *facts);
      show_value(row, facts->default_secure_protocols);
    }
    set_view(installation.os, view, row);
    row.expected = hex(policy.secure_protocols_required);
    rows.push_back(std::move(row));
  }
}

}  // namespace

WinHttpDefaults winhttp_defaults(const windows::OsFacts& os) {
  switch (os.family) {
    case Family::windows_7:
    case Family::windows_8:
      return {classic_bits, ssl30 | tls10, 0};
    case Family::windows_8_1:
      return {classic_bits, ssl30 | tls10 | tls11 | tls12, 0};
    default:
      break;
  }
  const std::uint32_t legal = os.build >= server_2022_build ? all_bits : classic_bits;
  if (os.build >= windows_11_build) return {legal, tls12 | tls13, 0};
  if (os.build != 0) return {legal, tls12, ssl30 | tls10 | tls11};
  return {legal, tls12, ssl30 | tls10 | tls11 | tls13};
}

std::uint32_t merged_protocols(std::optional<std::uint32_t> old, std::uint32_t legal,
                               std::uint32_t required, std::uint32_t forbidden) {
  return ((old.value_or(0) | required) & legal) & ~forbidden;
}

namespace checks {

extern const Check default_secure_protocols{
    .id = secure_protocols_id,
    .draws_on = DrawsOn::software,
    .severity = Severity::high,
    .explanation =
        {.summary = "WinHTTP offers TLS 1.1 and 1.2 to programs that name no protocols",
         .meaning = "HKLM\\SOFTWARE\\[Wow6432Node\\]Microsoft\\Windows\\CurrentVersion\\Internet "
                    "Settings\\WinHttp, value DefaultSecureProtocols, REG_DWORD: 0x8 SSL 2.0, 0x20 "
                    "SSL 3.0, 0x80 TLS 1.0, 0x200 TLS 1.1, 0x800 TLS 1.2. One row a view: 64-bit "
                    "and 32-bit programs read their own.",
         .why = "Windows 7 and 8 offer SSL 3.0 and TLS 1.0 without it. Another type than "
                "REG_DWORD, 0, and undefined bits are ignored, so such a value only looks right. "
                "Windows 8.1 and later need none, but a wrong one takes TLS 1.2 away.",
         .fix = "goldhive patch keeps the legal bits that are there and adds what the policy "
                "requires; --protocols sets exact bits. Takes effect at the next start.",
         .source = "support.microsoft.com/kb/3140245; learn.microsoft.com, WinHTTP option flags"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
