#include <catch2/catch.hpp>

#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

/// Nothing in it tells the architecture.
Sample bare() {
  Sample sample;
  sample.software =
      "[Microsoft\\Windows NT\\CurrentVersion]\n\"CurrentVersion\"=\"6.1\"\n"
      "\"InstallationType\"=\"Client\"\n"
      "\"CurrentBuildNumber\"=\"7601\"\n\"CSDVersion\"=\"Service Pack 1\"\n";
  sample.system = "[Select]\n\"Default\"=dword:1\n[ControlSet001]\n";
  return sample;
}

TEST_CASE("each source alone gives the architecture") {
  Sample sample = bare();
  CHECK(sample.facts().os.architecture == Architecture::unknown);
  SECTION("the machine of the kernel") {
    sample.files["Windows/System32/ntoskrnl.exe"] = dll(Architecture::ia64, {6, 1, 7601, 17514});
    CHECK(sample.facts().os.architecture == Architecture::ia64);
  }
  SECTION("the machine of another system file") {
    sample.files["Windows/System32/winhttp.dll"] = dll(Architecture::x86, {6, 1, 7601, 17514});
    CHECK(sample.facts().os.architecture == Architecture::x86);
  }
  SECTION("the environment of the set that boots") {
    sample.system +=
        "[ControlSet001\\Control\\Session Manager\\Environment]\n"
        "\"PROCESSOR_ARCHITECTURE\"=\"ARM64\"\n";
    CHECK(sample.facts().os.architecture == Architecture::arm64);
  }
  SECTION("BuildLabEx, also of a checked build") {
    sample.software += "\"BuildLabEx\"=\"7601.17514.x86chk.win7sp1_rtm.101119-1850\"\n";
    CHECK(sample.facts().os.architecture == Architecture::x86);
  }
}

TEST_CASE("sources that disagree are a conflict and the first one counts") {
  Sample sample;
  sample.files["Windows/System32/cmd.exe"] = dll(Architecture::ia64, {6, 1, 7601, 17514});
  const OsFacts os = sample.facts().os;
  CHECK(os.architecture == Architecture::ia64);
  REQUIRE(os.conflicts.size() == 2);
  CHECK(os.conflicts[0] ==
        "Windows/System32/cmd.exe says ia64, PROCESSOR_ARCHITECTURE in SYSTEM says amd64");
}

TEST_CASE("sources that disagree on 32 or 64 bits leave the architecture unknown") {
  Sample sample;
  sample.files["Windows/System32/cmd.exe"] = dll(Architecture::x86, {6, 1, 7601, 17514});
  const OsFacts os = sample.facts().os;
  CHECK(os.architecture == Architecture::unknown);
  REQUIRE(os.conflicts.size() == 2);
  CHECK(os.conflicts[0] ==
        "Windows/System32/cmd.exe says x86, PROCESSOR_ARCHITECTURE in SYSTEM says amd64");
  CHECK(os.conflicts[1] == "Windows/System32/cmd.exe says x86, BuildLabEx says amd64");
}

TEST_CASE("a lived-in 32-bit view shows a 64-bit Windows and a ignored key does not") {
  Sample sample = bare();
  SECTION("written by a script") {
    sample.software += "[Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\n";
    CHECK(sample.facts().os.architecture == Architecture::unknown);
  }
  SECTION("with its own CurrentVersion") {
    sample.software += "[Wow6432Node\\Microsoft\\Windows NT\\CurrentVersion]\n";
    const OsFacts os = sample.facts().os;
    CHECK(os.architecture == Architecture::amd64);
    REQUIRE(os.notes.size() == 1);
    CHECK(os.notes[0].find("amd64 is assumed") == 0);
  }
  SECTION("SysWOW64") {
    sample.files["Windows/SysWOW64/some.dll"] = {1};
    CHECK(sample.facts().os.architecture == Architecture::amd64);
  }
}

TEST_CASE("a 64-bit Windows has a 32-bit view where its key or its folder is there") {
  struct Case {
    const char* what;
    std::string key;
    std::vector<std::string> files;
    Presence wow64;
  };
  const std::string in_use = "[Wow6432Node\\Microsoft\\Windows NT\\CurrentVersion]\n";
  const std::string by_script = "[Wow6432Node\\Microsoft\\Windows\\CurrentVersion]\n";
  const std::vector<Case> cases = {
      {"both", in_use, {"System32/a.dll", "SysWOW64/a.dll"}, Presence::present},
      {"the key", in_use, {"System32/a.dll"}, Presence::present},
      {"the folder", "", {"SysWOW64/a.dll"}, Presence::present},
      {"neither", "", {"System32/a.dll"}, Presence::absent},
      {"a key of a script", by_script, {"System32/a.dll"}, Presence::absent},
      {"no files to look at", "", {}, Presence::unknown},
      {"the key without files", in_use, {}, Presence::present},
      {"a key of a script without files", by_script, {}, Presence::present},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Sample sample = bare();
    sample.software += "\"BuildLabEx\"=\"7601.17514.amd64fre.win7sp1_rtm.101119-1850\"\n" + c.key;
    for (const std::string& file : c.files) sample.files["Windows/" + file] = {1};
    const OsFacts os = sample.facts().os;
    CHECK(os.wow64 == c.wow64);
    CHECK(has_view(os, View::wow64) == c.wow64);
    CHECK(has_view(os, View::wowaa32) == Presence::absent);
    CHECK(sample.facts().winhttp.size() == (c.wow64 == Presence::absent ? 1 : 2));
  }
  Sample no_software = bare();
  no_software.files["Windows/System32/ntoskrnl.exe"] =
      dll(Architecture::amd64, {6, 1, 7601, 17514});
  no_software.software.clear();
  CHECK(no_software.facts().os.wow64 == Presence::present);
}

TEST_CASE("ARM64 has a third view where its key or its folder is there") {
  const std::string arm64 = "\"BuildLabEx\"=\"19041.1.arm64fre.vb_release.191206-1406\"\n";
  Sample sample = bare();
  sample.software += arm64;
  sample.files["Windows/System32/a.dll"] = {1};
  CHECK(has_view(sample.facts().os, View::wowaa32) == Presence::absent);
  SECTION("key") { sample.software += "[WowAA32Node\\Microsoft\\Windows NT\\CurrentVersion]\n"; }
  SECTION("folder") { sample.files["Windows/SysArm32/a.dll"] = {1}; }
  const Installation found = sample.facts();
  CHECK(has_view(found.os, View::wowaa32) == Presence::present);
  CHECK(found.winhttp.back().view == View::wowaa32);
  CHECK(found.winhttp.back().default_secure_protocols.key ==
        "HKLM\\SOFTWARE\\WowAA32Node\\Microsoft\\Windows\\CurrentVersion\\Internet "
        "Settings\\WinHttp");
}

TEST_CASE("SysWOW64 on a 32-bit Windows is noted") {
  Sample sample = bare();
  sample.software += "\"BuildLabEx\"=\"7601.17514.x86fre.win7sp1_rtm.101119-1850\"\n";
  sample.files["Windows/SysWOW64/some.dll"] = {1};
  const OsFacts os = sample.facts().os;
  CHECK(os.architecture == Architecture::x86);
  REQUIRE(os.notes.size() == 1);
  CHECK(os.notes[0] == "Windows/SysWOW64 is there, though BuildLabEx says x86");
}

TEST_CASE("a damaged system file gives no architecture and no exception") {
  Sample sample = bare();
  sample.files["Windows/System32/ntoskrnl.exe"] = Bytes(100, 'M');
  CHECK(sample.facts().os.architecture == Architecture::unknown);
}

}  // namespace
}  // namespace goldhive::windows
