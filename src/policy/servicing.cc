// servicing.kb3140245: is the update that teaches WinHTTP of Windows 7 SP1 and Windows 8 to read
// DefaultSecureProtocols in effect?
//
// What is odd about it (rules B):
// - It was optional, may have been superseded, and may have been slipstreamed, so a list of updates
//   proves little either way: a staged package (0x40) is listed too, and a superseded one may be
//   gone. The files decide wherever they can be read: winhttp.dll AND webio.dll, in System32 and on
//   64-bit Windows also in SysWOW64, by the FileVersion of their version resource.
// - The threshold depends on the line of the file (6.1 or 6.2); a file of another line than the
//   Windows it lies in is foreign and does not count, however high its number.
// - What the component store lists as winner (SideBySide\Winners) is next best, then the state of
//   the package. Where nothing is certain the answer is "undetermined" and names the files.
// - What is there in part proves nothing, good or bad: every module of every view must be good. A
//   state of the package that says "not in effect" then decides, a missing entry does not (I23).
//
// The decision is the table below (rules B13, with I9, I10, I20, I22, I23, I29): rows in order, the
// first that matches decides.
#include "src/policy/servicing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

using Summary = servicing::Evidence;
using servicing::PackageState;

struct Row {
  bool (*matches)(const Summary&);
  Verdict verdict;
  std::string (*message)(const Summary&);
};

bool cbs_is(const Summary& e, std::initializer_list<PackageState> states) {
  return e.package && std::find(states.begin(), states.end(), e.package->state) != states.end();
}

/// A state that says: not in effect.
bool cbs_says_fail(const Summary& e) {
  return cbs_is(e, {PackageState::install_pending, PackageState::partially_installed,
                    PackageState::uninstall_pending, PackageState::not_installed});
}

bool cbs_says_installed(const Summary& e) {
  return cbs_is(e, {PackageState::installed, PackageState::permanent, PackageState::superseded});
}

bool going_away(const Summary& e) { return cbs_is(e, {PackageState::uninstall_pending}); }

/// Why the files do not decide.
std::string no_files(const Summary& e) {
  return e.files_out_of_reach ? "the files are not in this source"
                              : servicing::list(e.files.missing);
}

/// "; new enough: ...; missing: ..." where the strongest evidence is there in part.
std::string in_part(const Summary& e) {
  const servicing::Measured& measured = e.files.good.empty() ? e.winners : e.files;
  std::string text;
  if (!measured.good.empty()) text += "; new enough: " + servicing::list(measured.good);
  if (!measured.good.empty() && !measured.missing.empty()) {
    text += "; missing: " + servicing::list(measured.missing);
  }
  return text;
}

std::string file_conflicts(const Summary& e) {
  std::string text;
  if (cbs_is(e, {PackageState::installed, PackageState::permanent})) {
    text += "; conflict: CBS says installed, so the files were damaged or put back";
  }
  if (cbs_is(e, {PackageState::install_pending}) || e.pending_xml) {
    text += "; an installation is pending: it may be in effect after the next start";
  }
  return text;
}

std::string in_effect_by_files(const Summary& e) {
  return fmt::format("in effect: {}{}", servicing::list(e.files.good),
                     e.package ? "" : " (superseded or slipstreamed)");
}
std::string in_effect_by_winners(const Summary& e) {
  return fmt::format("in effect per the component store: {}; {}", servicing::list(e.winners.good),
                     no_files(e));
}
constexpr std::string_view next_start_removes =
    "; but the package is going to be removed: the next start may take it away";

/// What the hives say against files that are not from beside them; "" if nothing. In one Windows
/// the files are right; but these may be of another one.
std::string against_files(const Summary& e) {
  if (!e.files_from_elsewhere) return "";
  if (e.files.bad.empty() && !e.files.good.empty()) {
    if (!e.winners.bad.empty()) {
      return fmt::format("the component store has {}", servicing::list(e.winners.bad));
    }
    if (e.why_not_read.empty() && cbs_says_fail(e)) {
      return fmt::format("CBS says: {}", servicing::meaning(e.package->state));
    }
  }
  if (!e.files.bad.empty()) {
    if (!e.winners.good.empty()) {
      return fmt::format("the component store has {}", servicing::list(e.winners.good));
    }
    if (cbs_says_installed(e)) return "CBS says that the update is installed";
    if (!e.rollups.empty()) {
      return fmt::format("CBS has a later update that may hold it ({})", e.rollups.front());
    }
  }
  return "";
}

constexpr std::array table = {
    // Files that may be of another Windows.
    Row{[](const Summary& e) { return !against_files(e).empty(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format(
              "the files that were given beside the hives have {}, but by the hives {}: they may "
              "be "
              "of another Windows; the winhttp.dll and webio.dll that lay with the hives would "
              "settle it",
              servicing::list(e.files.bad.empty() ? e.files.good : e.files.bad), against_files(e));
        }},
    // Files.
    Row{[](const Summary& e) { return e.files.complete() && going_away(e); }, Verdict::warn,
        [](const Summary& e) { return in_effect_by_files(e).append(next_start_removes); }},
    Row{[](const Summary& e) { return e.files.complete(); }, Verdict::pass, in_effect_by_files},
    Row{[](const Summary& e) { return !e.files.bad.empty(); }, Verdict::fail,
        [](const Summary& e) {
          return fmt::format(
              "{}, want {}{}{}", servicing::list(e.files.bad), to_string(e.threshold),
              e.files.good.empty() ? "" : "; new enough: " + servicing::list(e.files.good),
              file_conflicts(e));
        }},
    Row{[](const Summary& e) { return !e.twin.empty(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format(
              "{} differ only in case, and which of them Windows opens is not known; the one that "
              "it uses alone would settle it",
              e.twin);
        }},
    // Winners, beside files in part or without.
    Row{[](const Summary& e) { return !e.winners.bad.empty(); }, Verdict::fail,
        [](const Summary& e) {
          return fmt::format("the component store has {}, want {}{}",
                             servicing::list(e.winners.bad), to_string(e.threshold), in_part(e));
        }},
    Row{[](const Summary& e) {
          return e.files.good.empty() && e.winners.complete() && going_away(e);
        },
        Verdict::warn,
        [](const Summary& e) { return in_effect_by_winners(e).append(next_start_removes); }},
    Row{[](const Summary& e) { return e.files.good.empty() && e.winners.complete(); },
        Verdict::pass, in_effect_by_winners},
    // A state of the package, beside files or winners in part or without.
    Row{[](const Summary& e) { return e.why_not_read.empty() && cbs_says_fail(e); }, Verdict::fail,
        [](const Summary& e) {
          return fmt::format("not in effect: {}{}", servicing::meaning(e.package->state),
                             in_part(e));
        }},
    Row{[](const Summary& e) { return !e.files.good.empty(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format("new enough: {}; but these would settle it: {}",
                             servicing::list(e.files.good), servicing::list(e.files.missing));
        }},
    Row{[](const Summary& e) { return !e.why_not_read.empty(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format("{}; winhttp.dll and webio.dll, or a whole SOFTWARE, would settle it",
                             e.why_not_read);
        }},
    Row{[](const Summary& e) { return !e.winners.good.empty(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format(
              "the component store has {}, which is not all that is needed: {}; winhttp.dll and "
              "webio.dll would settle it",
              servicing::list(e.winners.good), servicing::list(e.winners.missing));
        }},
    Row{[](const Summary& e) { return cbs_says_installed(e) && e.files_unread; },
        Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format(
              "CBS says installed, but the files are there and do not show it: {}; readable ones "
              "would settle it",
              servicing::list(e.files.missing));
        }},
    Row{cbs_says_installed, Verdict::pass,
        [](const Summary& e) { return "per CBS; " + no_files(e); }},
    Row{[](const Summary& e) { return e.package.has_value(); }, Verdict::undetermined,
        [](const Summary&) {
          return std::string(
              "CBS names the package but not its state; winhttp.dll and webio.dll "
              "would settle it");
        }},
    // No entry that counts.
    Row{[](const Summary& e) { return e.part.has_value(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format(
              "a part of the package is installed ({}), the package itself is not listed, which no "
              "update leaves behind; winhttp.dll and webio.dll would settle it",
              *e.part);
        }},
    Row{[](const Summary& e) { return !e.rollups.empty(); }, Verdict::undetermined,
        [](const Summary& e) {
          return fmt::format(
              "an update or rollup that may hold it is there ({}), which does not prove it; need "
              "winhttp.dll and webio.dll",
              e.rollups.front());
        }},
    Row{[](const Summary& e) { return e.packages_listed; }, Verdict::fail,
        [](const Summary&) { return std::string("not installed"); }},
    Row{[](const Summary&) { return true; }, Verdict::undetermined,
        [](const Summary&) {
          return std::string(
              "SOFTWARE holds no servicing data; winhttp.dll and webio.dll would "
              "settle it");
        }},
};

/// "; CBS: no entry" or "; CBS: 0x70 (installed)".
std::string cbs_in_words(const Summary& e) {
  if (e.package) {
    return fmt::format("; CBS: {}", e.package->number
                                        ? fmt::format("{:#x} ({})", *e.package->number,
                                                      servicing::name(e.package->state))
                                        : "no state");
  }
  return e.packages_listed ? "; CBS: no entry" : "";
}

Finding judge(const Summary& e) {
  const Row& decides =
      *std::find_if(table.begin(), table.end(), [&](const Row& row) { return row.matches(e); });
  Finding finding = make_row(decides.verdict, decides.message(e) + cbs_in_words(e));
  finding.expected = to_string(e.threshold);
  const auto& bad = e.files.bad.empty() ? e.winners.bad : e.files.bad;
  const auto& good = e.files.good.empty() ? e.winners.good : e.files.good;
  if (!bad.empty()) {
    finding.subject = bad.front().name;
    if (!bad.front().version.empty()) finding.actual = bad.front().version;
  } else if (!good.empty()) {
    finding.actual = good.front().version;
  }
  finding.evidence = e.lines;
  finding.rests_on_files =
      !e.files_from_elsewhere &&
      (!e.files.bad.empty() || (e.files.complete() && decides.verdict == Verdict::pass));
  return finding;
}

/// The files of the update (rules B3), to hand to dism.
struct UpdateFile {
  windows::Family family;
  windows::Architecture architecture;
  std::string_view name;
};
constexpr std::array update_files = {
    UpdateFile{windows::Family::windows_7, windows::Architecture::amd64,
               "windows6.1-kb3140245-x64_5b067ffb69a94a6e5f9da89ce88c658e52a0dec0.msu"},
    UpdateFile{windows::Family::windows_7, windows::Architecture::x86,
               "windows6.1-kb3140245-x86_cdafb409afbe28db07e2254f40047774a0654f18.msu"},
    UpdateFile{windows::Family::windows_7, windows::Architecture::ia64,
               "windows6.1-kb3140245-ia64_3eabf0eda3e3a4c73a832a04bf09d402fc942e13.msu"},
    UpdateFile{windows::Family::windows_8, windows::Architecture::amd64,
               "windows8-rt-kb3140245-x64_b589173ad4afdb12b18606b5f84861fcf20010d0.msu"},
    UpdateFile{windows::Family::windows_8, windows::Architecture::x86,
               "windows8-rt-kb3140245-x86_d68690bf0bc828ea9368a6e25dc6a9b1b3adf151.msu"},
};

std::string how_to_install(const windows::OsFacts& os) {
  if (os.architecture == windows::Architecture::arm) {
    return "there is no package of KB3140245 for Windows RT: its updates come from Windows Update "
           "alone; Windows RT 8.1 has it built in";
  }
  std::string_view file = "the .msu file of KB3140245 for this architecture";
  for (const UpdateFile& f : update_files) {
    if (f.family == os.family && f.architecture == os.architecture) file = f.name;
  }
  return fmt::format(
      "no registry patch can install it: dism /image:<folder> /add-package "
      "/packagepath:{}",
      file);
}

/// What stands above the evidence: without SP1 the update cannot be installed, and a build of no
/// list is judged by its files alone (rules I7, I24).
void weigh_identity(const windows::OsFacts& os, const servicing::Measured& files, Finding& row) {
  const auto undetermined = [&](std::string reason) {
    row.message = fmt::format("{} ({})", reason, row.message);
    row.verdict = Verdict::undetermined;
    row.rests_on_files = false;
  };
  if (!os.sp1.conflict.empty()) {
    undetermined(std::string(sp1_contradicted));
    row.evidence.push_back("conflict: " + os.sp1.conflict);
  } else if (os.unlisted_build && (files.complete() || !files.bad.empty())) {
    row.message += fmt::format("; build {} is in no list, so its files alone decide", os.build);
  } else if (os.unlisted_build) {
    undetermined(
        fmt::format("build {} is in no list, so winhttp.dll and webio.dll alone decide, and "
                    "would settle it",
                    os.build));
  }
}

void run(const windows::Installation& installation, const Policy&, Rows& rows) {
  if (appended_scope_row(installation, rows)) return;
  const windows::OsFacts& os = installation.os;
  if (os.family != windows::Family::windows_7 && os.family != windows::Family::windows_8) {
    rows.push_back(make_row(Verdict::not_applicable,
                            fmt::format("{}: built in, no update needed", os_name(os))));
    return;
  }
  const Summary evidence = servicing::weigh(installation);
  if (os.sp1.presence == windows::Presence::absent) {
    Finding row =
        make_row(Verdict::fail,
                 fmt::format("cannot be installed on {}: it needs SP1 (KB976932)", build_name(os)) +
                     cbs_in_words(evidence));
    row.evidence = evidence.lines;
    rows.push_back(std::move(row));
    return;
  }
  Finding row = judge(evidence);
  weigh_identity(os, evidence.files, row);
  if (row.verdict == Verdict::fail || row.verdict == Verdict::undetermined) {
    const auto& files = installation.servicing.files;
    if (std::any_of(files.begin(), files.end(), [](const auto& file) { return file.lost; })) {
      row.evidence.emplace_back(
          "lost files are put back by sfc /scannow /offbootdir=<drive>:\\ "
          "/offwindir=<drive>:\\Windows, on a running Windows");
    }
    row.evidence.push_back(how_to_install(os));
  }
  rows.push_back(std::move(row));
}

}  // namespace

namespace checks {

extern const Check kb3140245{
    .id = servicing::id,
    .draws_on = DrawsOn::software,
    .severity = Severity::high,
    .explanation =
        {.summary = "KB3140245 is in effect: WinHTTP reads DefaultSecureProtocols",
         .meaning = "winhttp.dll and webio.dll, in System32 and on 64-bit Windows also in "
                    "SysWOW64 (unless it has no WoW64), have at least file version 6.1.7601.23375 "
                    "(Windows 7 SP1, Server 2008 R2 SP1) or 6.2.9200.21797 (Windows 8, Server "
                    "2012). Where the files are not in the source, the component store's winners "
                    "decide, for each module and each view, then the state of the package itself. "
                    "Windows 8.1 and later have it built in.",
         .why = "Without it the registry value is dead, and programs on WinHTTP (Outlook, WebDAV, "
                "Windows Update) offer SSL 3.0 and TLS 1.0 only. A list of updates is no proof: a "
                "package that is only staged (CurrentState 0x40) is listed as well, and a "
                "superseded one may be gone.",
         .fix = "dism /image:<folder> /add-package /packagepath:<the .msu file>; the evidence of "
                "the finding names the file. No registry patch can install it.",
         .source = "support.microsoft.com/kb/3140245; Tip of the Day: CBS Servicing States "
                   "(Microsoft, 2015)"},
    .run = run,
    .is_asked = [](const Policy& policy) { return policy.require_kb3140245; },
};

}  // namespace checks

}  // namespace goldhive::policy
