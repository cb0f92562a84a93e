// os.servicing-level: Windows 7 and Server 2008 R2 must be at Service Pack 1, because KB3140245
// installs on nothing older. No single source is asked: the build, CSDVersion in both hives, the
// kernel, the DLLs and CBS must not contradict each other (docs/rules.md, E3, I24;
// service_pack_1.cc). The other Windows that these checks are about need no service pack.
#include <fmt/format.h>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

constexpr std::uint32_t sp1_build = 7601;

Finding judge(const windows::OsFacts& os) {
  if (os.family != windows::Family::windows_7) {
    return make_row(Verdict::not_applicable, fmt::format("{}: needs no service pack", os_name(os)));
  }
  if (auto reason = unknown_sp1(os)) return make_row(Verdict::undetermined, std::move(*reason));
  const bool listed = os.build != 0 && !os.unlisted_build;
  const std::string build = build_name(os);
  Finding row =
      os.sp1.presence == windows::Presence::present
          ? make_row(Verdict::pass,
                     listed ? build + ": SP1" : fmt::format("{}: SP1 by {}", build, os.sp1.signs))
          : make_row(Verdict::fail,
                     fmt::format("{}: no SP1; install Service Pack 1 (KB976932) first, KB3140245 "
                                 "needs it",
                                 build));
  if (os.build != 0) row.actual = std::to_string(os.build);
  row.expected = std::to_string(sp1_build);
  return row;
}

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  const std::size_t first = rows.size();
  if (!appended_scope_row(installation, rows)) rows.push_back(judge(installation.os));
  Finding& row = rows.at(first);
  for (const std::string& conflict : installation.os.conflicts) {
    row.evidence.push_back("conflict: " + conflict);
  }
  if (!installation.os.conflicts.empty() && row.verdict == Verdict::pass) {
    row.verdict = Verdict::warn;
    row.message += "; but sources disagree: " + installation.os.conflicts.front();
  }
  for (const std::string& note : installation.os.notes) row.evidence.push_back(note);
}

}  // namespace

namespace checks {

extern const Check servicing_level{
    .id = "os.servicing-level",
    .draws_on = DrawsOn::software,
    .severity = Severity::high,
    .explanation =
        {.summary = "Windows 7 and Server 2008 R2 must be at Service Pack 1",
         .meaning = "The build number of the installation: 7601 is Service Pack 1, 7600 is not. "
                    "CSDVersion, ntoskrnl.exe, the DLLs and CBS must not contradict it; of a build "
                    "that is in no list (Home Server 2011) they tell.",
         .why = "KB3140245 installs on nothing older than Service Pack 1, and without it WinHTTP "
                "never reads DefaultSecureProtocols.",
         .fix = "Install Service Pack 1 (KB976932). goldhive cannot do that.",
         .source = "support.microsoft.com/kb/3140245, prerequisites"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
