// winhttp.default-secure-protocols: the DWORD DefaultSecureProtocols of the key
// ...\CurrentVersion\Internet Settings\WinHttp, once in SOFTWARE and, on 64-bit Windows, once more
// below Wow6432Node: 64-bit and 32-bit programs each read their own view, and nothing copies one to
// the other. One row a view.
//
// What is odd about it (rules A, I1, I2, I19):
// - It is the default for programs that name no protocols. Windows 7 and 8 without it offer SSL 3.0
//   and TLS 1.0; Windows 8.1 and later offer TLS 1.2 without any value.
// - It is read as REG_DWORD or not at all. Guides in the wild write REG_QWORD and REG_SZ.
// - 0, and a value with one undefined bit, are ignored as a whole: such a value does not narrow the
//   default, it restores it, and its other bits mean nothing. (From disassembly of a newer
//   winhttp.dll; whether Windows 7 knows the TLS 1.3 bit was never tested, so there both readings
//   are possible.)
// - Windows 7 before SP1 never reads it.
//
// secure_protocols.h has the model that verdict and edit share.
#include <fmt/format.h>

#include <algorithm>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/secure_protocols.h"

namespace goldhive::policy {

using windows::Family;
using windows::Presence;
using windows::ValueFact;

namespace {

/// Windows 7 without SP1 never reads the value. Where nobody can say whether SP1 is there, a right
/// value may be dead; where sources contradict each other, no other verdict stands either.
void apply_servicing_level(const windows::OsFacts& os, Finding& row) {
  if (os.family != Family::windows_7) return;
  if (os.sp1.presence == Presence::absent) {
    row.message = fmt::format("dead value: {} never reads it; install SP1 and KB3140245 first ({})",
                              build_name(os), row.message);
    row.verdict = Verdict::fail;
    row.edits.clear();
  } else if (const auto reason = unknown_sp1(os)) {
    const bool conflict = !os.sp1.conflict.empty();
    if (row.verdict == Verdict::fail && !conflict) return;
    row.message = fmt::format("{}; but it counts only with SP1: {}", row.message,
                              conflict ? sp1_contradicted : *reason);
    row.verdict = Verdict::undetermined;
    if (!conflict) return;
    row.edits.clear();
    row.evidence.push_back("conflict: " + os.sp1.conflict);
  }
}

Finding judge(const windows::OsFacts& os, const Policy& policy, const MaskDemand& demand,
              const windows::WinHttpFacts& view) {
  const ValueFact& fact = view.default_secure_protocols;
  if (auto reason = unreadable(fact)) {
    return make_row(Verdict::undetermined, std::move(*reason));
  }
  Finding row = judge_masks(
      {fact, os, winhttp_rules(os), demand, "programs", secure_protocols_id, policy.name});
  if (os.family == Family::windows_10 && fact.presence != Presence::present) {
    row.evidence.push_back(
        "the default was taken from the build; KB5017811 (2022-09) and later drop TLS 1.0 and 1.1 "
        "from it");
  }
  apply_servicing_level(os, row);
  return row;
}

void run(const windows::Installation& installation, const Policy& policy, Rows& rows) {
  if (appended_scope_row(installation, rows)) return;
  const MaskDemand demand = demand_of(installation.os, policy.secure_protocols_required,
                                      policy.secure_protocols_forbidden);
  for (const windows::View view : views_with_row(installation.os)) {
    const auto facts = std::find_if(installation.winhttp.begin(), installation.winhttp.end(),
                                    [&](const windows::WinHttpFacts& f) { return f.view == view; });
    Finding row;
    if (facts == installation.winhttp.end()) {
      row = make_row(Verdict::undetermined, needs_hive(installation, windows::HiveName::software,
                                                       "the value was not looked for"));
    } else {
      row = judge(installation.os, policy, demand, *facts);
      show_value(row, facts->default_secure_protocols);
    }
    set_view(installation.os, view, row);
    row.expected = hex(demand.required);
    rows.push_back(std::move(row));
  }
}

}  // namespace

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
                    "and 32-bit programs (32-bit Outlook) read their own.",
         .why = "Windows 7 and 8 offer SSL 3.0 and TLS 1.0 without it. Another type than "
                "REG_DWORD, 0, and undefined bits are ignored, so such a value only looks right. "
                "Windows 8.1 and later need none, but a wrong one takes TLS 1.2 away.",
         .fix =
             "goldhive patch keeps the bits that Windows reads and adds what the policy requires; "
             "on Windows 8.1 and later it deletes the value where the default is better. TLS "
             "1.1 that someone has left out beside TLS 1.2 comes back only with --only; "
             "--protocols sets exact bits. Takes effect at the next start.",
         .source = "support.microsoft.com/kb/3140245; learn.microsoft.com, WinHTTP option flags"},
    .run = run,
    .is_asked = [](const Policy& policy) { return policy.asks_of_winhttp(); },
};

}  // namespace checks

}  // namespace goldhive::policy
