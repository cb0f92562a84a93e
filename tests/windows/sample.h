// A Windows tree in memory, made from .reg-like text (fixtures/README.md has the grammar), for
// tests that look at the facts of one installation.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fixtures/hive_builder.h"
#include "fixtures/pe_builder.h"
#include "imgtools/bytes/bytes.h"
#include "src/windows/inspect.h"
#include "tests/support/memory_tree.h"

namespace goldhive::windows {

/// What identifies Windows 7 SP1 x64; tests lay their own text over it.
inline const std::string software_7 = R"(
[Microsoft\Windows NT\CurrentVersion]
"CurrentVersion"="6.1"
"CurrentBuildNumber"="7601"
"CurrentBuild"="7601"
"CSDVersion"="Service Pack 1"
"ProductName"="Windows 7 Professional"
"EditionID"="Professional"
"InstallationType"="Client"
"BuildLabEx"="7601.17514.amd64fre.win7sp1_rtm.101119-1850"
[Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp]
[Wow6432Node\Microsoft\Windows NT\CurrentVersion]
[Wow6432Node\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp]
)";

inline const std::string system_7 = R"(
[Select]
"Current"=dword:1
"Default"=dword:1
"Failed"=dword:0
"LastKnownGood"=dword:2
[ControlSet001\Control\Session Manager\Environment]
"PROCESSOR_ARCHITECTURE"="AMD64"
[ControlSet001\Control\ProductOptions]
"ProductType"="WinNT"
[ControlSet001\Control\Windows]
"CSDVersion"=dword:100
[ControlSet001\Control\SecurityProviders\SCHANNEL\Protocols\SSL 2.0\Client]
"DisabledByDefault"=dword:1
[ControlSet002\Control\SecurityProviders\SCHANNEL]
)";

inline Bytes hive_of(const std::string& text) {
  return fixtures::build_hive(fixtures::parse_reg_text(text, "test"));
}

struct Sample {
  std::string software = software_7;  ///< "": no such hive
  std::string system = system_7;
  std::map<std::string, Bytes> files;  ///< further ones, by path
  InspectOptions options;

  Volume volume() const {
    auto tree = std::make_shared<testing::MemoryTree>(files);
    if (!software.empty()) tree->add("Windows/System32/config/SOFTWARE", hive_of(software));
    if (!system.empty()) tree->add("Windows/System32/config/SYSTEM", hive_of(system));
    Volume volume;
    volume.tree = tree;
    return volume;
  }

  /// The facts; there must be exactly one installation.
  Installation facts() const {
    std::vector<Installation> all = inspect(volume(), "image", options);
    if (all.size() != 1) throw Error(ErrorKind::usage, "not one installation");
    return all.front();
  }
};

inline Bytes dll(Architecture architecture, const FileVersion& version) {
  return fixtures::build_pe(architecture, version, {6, 1, 7600, 16385});
}

}  // namespace goldhive::windows
