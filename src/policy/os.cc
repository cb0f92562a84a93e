// os.servicing-level: Windows 7 and Server 2008 R2 must be at Service Pack 1 (build 7601), because
// KB3140245 installs on nothing older. The build decides, not CSDVersion: 7601 is SP1 by itself
// (rules E3). The other Windows that these checks are about need no service pack.
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
  if (os.build == 0) {
    return make_row(Verdict::undetermined,
                    "Windows 7 or Server 2008 R2, but the build is not known; CurrentBuildNumber "
                    "in SOFTWARE would settle it");
  }
  Finding row = os.build >= sp1_build
                    ? make_row(Verdict::pass, fmt::format("build {}: SP1", os.build))
                    : make_row(Verdict::fail,
                               fmt::format("build {}: no SP1; install Service Pack 1 (KB976932) "
                                           "first, KB3140245 needs it",
                                           os.build));
  row.actual = std::to_string(os.build);
  row.expected = std::to_string(sp1_build);
  if (os.build >= sp1_build && os.service_pack.value_or(0) == 0) {
    row.evidence.push_back("the build is that of SP1, though CSDVersion does not say so");
  }
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
         .meaning = "The build number of the installation: 7601 is Service Pack 1, 7600 is not.",
         .why = "KB3140245 installs on nothing older than Service Pack 1, and without it WinHTTP "
                "never reads DefaultSecureProtocols.",
         .fix = "Install Service Pack 1 (KB976932). goldhive cannot do that.",
         .source = "support.microsoft.com/kb/3140245, prerequisites"},
    .run = run,
};

}  // namespace checks

}  // namespace goldhive::policy
