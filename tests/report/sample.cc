#include "tests/report/sample.h"

namespace goldhive::tests {
namespace {

using policy::Finding;
using policy::Severity;
using policy::Verdict;

constexpr hive::FileTime sp1_day = 129348216000000000;  // 2010-11-21T14:00:00Z

Bytes dword(std::uint32_t value) {
  Bytes out(4);
  put_u32(out, 0, value);
  return out;
}

Finding row(std::string id, Verdict verdict, Severity severity, std::string message) {
  Finding f;
  f.id = std::move(id);
  f.verdict = verdict;
  f.severity = severity;
  f.message = std::move(message);
  return f;
}

windows::Installation windows_7() {
  windows::Installation i;
  i.id = "install.wim@2";
  i.root = "/";
  i.windows_directory = "Windows";
  i.os.product = "Windows 7 Professional";
  i.os.version = "6.1";
  i.os.build = 7601;
  i.os.service_pack = 1;
  i.os.edition = "Professional";
  i.os.installation_type = "Client";
  i.os.build_lab = "7601.17514.amd64fre.win7sp1_rtm.101119-1850";
  i.os.architecture = windows::Architecture::amd64;
  i.os.family = windows::Family::windows_7;
  i.control_sets.current = 1;
  i.control_sets.default_ = 1;
  i.control_sets.failed = 0;
  i.control_sets.last_known_good = 2;
  i.control_sets.present = {1, 2};
  i.control_sets.boots = 1;
  windows::HiveFact software;
  software.name = windows::HiveName::software;
  software.missing = false;
  software.path = "Windows/System32/config/SOFTWARE";
  software.size = 60817408;
  software.state = hive::HiveState::clean;
  software.sequence1 = software.sequence2 = 812;
  software.last_written = sp1_day;
  software.sha256 = std::string(64, 'a');
  windows::HiveFact system = software;
  system.name = windows::HiveName::system;
  system.path = "Windows/System32/config/SYSTEM";
  system.size = 12058624;
  system.state = hive::HiveState::recovered;
  system.reason = "sequence numbers differ";
  system.sequence1 = 91;
  system.sequence2 = 90;
  system.sha256.reset();
  hive::LogAccount log;
  log.name = "Windows/System32/config/SYSTEM.LOG1";
  log.format = "DIRT";
  log.sequence = 91;
  log.used = true;
  log.entries.push_back({512, 0, 3, true, ""});
  system.logs.push_back(log);
  i.hives = {software, system};
  return i;
}

Finding failing_view() {
  Finding f = row("winhttp.default-secure-protocols", Verdict::fail, Severity::high,
                  "not set: 32-bit programs (32-bit Outlook) offer SSL 3.0 and TLS 1.0 only");
  f.view = windows::View::wow64;
  f.key =
      "HKLM\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp";
  f.value = "DefaultSecureProtocols";
  f.expected = "0xa00";
  f.key_last_written = sp1_day;
  policy::Edit edit;
  edit.key = "Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp";
  edit.value = "DefaultSecureProtocols";
  edit.after = policy::Edit::Data{hive::ValueType::dword, dword(0xa00)};
  f.edits.push_back(edit);
  return f;
}

std::vector<Finding> findings_of_windows_7() {
  std::vector<Finding> rows;
  rows.push_back(row("os.servicing-level", Verdict::pass, Severity::high,
                     "Service Pack 1 is installed (build 7601)"));
  Finding kb = row("servicing.kb3140245", Verdict::undetermined, Severity::high,
                   "webio.dll is not in this source; with it the verdict could be drawn");
  kb.evidence = {"Windows/System32/winhttp.dll 6.1.7601.23375", "CBS: no package KB3140245"};
  rows.push_back(kb);
  Finding native = failing_view();
  native.verdict = Verdict::pass;
  native.view = windows::View::native;
  native.actual = "0xa00";
  native.actual_type = "REG_DWORD";
  native.message = "0xa00 (TLS 1.1, TLS 1.2)";
  native.edits.clear();
  rows.push_back(native);
  rows.push_back(failing_view());
  Finding tls = row("schannel.tls12.client", Verdict::fail, Severity::high, "off by default");
  tls.control_set = 1;
  tls.possibly_stale = true;
  rows.push_back(tls);
  Finding other = row("schannel.tls12.client", Verdict::pass, Severity::info, "on");
  other.control_set = 2;
  rows.push_back(other);
  Finding legacy = row("schannel.legacy", Verdict::fail, Severity::medium, "on by default");
  legacy.subject = "SSL 3.0 client";
  legacy.waived = true;
  legacy.waiver_reason = "the scanner in hall 3 speaks nothing else";
  rows.push_back(legacy);
  Finding stray = row("registry.stray-key", Verdict::warn, Severity::low,
                      "Windows never reads this key: \x1b[31mnot red\xff");
  stray.key = "HKLM\\SYSTEM\\CurrentControlSet";
  rows.push_back(stray);
  return rows;
}

}  // namespace

report::Report sample_report() {
  report::Report r;
  r.command = report::Command::scan;
  r.head.policy = "baseline";
  r.head.tool_version = "1.2.3";
  r.head.config = "/home/u/.config/goldhive/config.toml";
  r.head.config_sha256 = std::string(64, 'c');

  report::TargetReport wim;
  wim.path = "install.wim";
  wim.format = "wim";
  wim.volumes.push_back({"install.wim@1", "@1", "Windows Setup", "wim", 1000000000, ""});
  wim.volumes.push_back({"install.wim@2", "@2", "Windows 7 Professional", "wim", 4000000000, ""});
  report::InstallationReport seven;
  seven.facts = windows_7();
  seven.findings = findings_of_windows_7();
  wim.installations.push_back(seven);
  report::InstallationReport pe;
  pe.facts.id = "install.wim@1";
  pe.facts.root = "/";
  pe.facts.winpe = true;
  pe.facts.os.version = "6.1";
  pe.facts.os.architecture = windows::Architecture::x86;
  pe.facts.os.family = windows::Family::winpe;
  pe.facts.hives.resize(2);
  pe.facts.hives[1].name = windows::HiveName::system;
  pe.findings.push_back(row("os.servicing-level", Verdict::not_applicable, Severity::high,
                            "Windows PE takes no updates"));
  wim.installations.push_back(pe);
  wim.notes.push_back("image 3 has no Windows folder");
  r.targets.push_back(wim);

  report::TargetReport broken;
  broken.path = "it's broken";
  broken.error = Error::corrupt("it's broken", 0x1020, "bad cell size", "a multiple of 8", "0x7");
  r.targets.push_back(broken);

  report::settle(r);
  return r;
}

}  // namespace goldhive::tests
