#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

const std::string current_version = "[Microsoft\\Windows NT\\CurrentVersion]\n";

/// The identity of hives with these values and no files.
OsFacts identity(const std::string& values, const std::string& system = "[Select]\n") {
  Sample sample;
  sample.software = current_version + values;
  sample.system = system;
  return sample.facts().os;
}

bool mentions(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(), [&text](const std::string& line) {
    return line.find(text) != std::string::npos;
  });
}

TEST_CASE("Windows 7 SP1 is identified with everything its hives say") {
  const OsFacts os = Sample().facts().os;
  CHECK(os.product == "Windows 7 Professional");
  CHECK(os.version == "6.1");
  CHECK(os.major == 6);
  CHECK(os.minor == 1);
  CHECK(os.build == 7601);
  CHECK(os.service_pack == 1u);
  CHECK(os.edition == "Professional");
  CHECK(os.installation_type == "Client");
  CHECK(os.build_lab == "7601.17514.amd64fre.win7sp1_rtm.101119-1850");
  CHECK(os.architecture == Architecture::amd64);
  CHECK(os.family == Family::windows_7);
  CHECK(os.notes.empty());
  CHECK(os.conflicts.empty());
}

TEST_CASE("families follow from version and build") {
  const auto family = [](const std::string& version, const std::string& build) {
    return identity("\"CurrentVersion\"=\"" + version + "\"\n\"CurrentBuildNumber\"=\"" + build +
                    "\"\n")
        .family;
  };
  CHECK(family("5.1", "2600") == Family::xp);
  CHECK(family("5.2", "3790") == Family::xp);
  CHECK(family("6.0", "6002") == Family::vista);
  CHECK(family("6.0", "6003") == Family::vista);
  CHECK(family("6.1", "7600") == Family::windows_7);
  CHECK(family("6.2", "9200") == Family::windows_8);
  CHECK(family("6.3", "9600") == Family::windows_8_1);
  CHECK(family("6.3", "10240") == Family::windows_10);
  CHECK(family("6.3", "22631") == Family::windows_10);
  CHECK(family("4.0", "1381") == Family::nt_4);
  CHECK(family("5.0", "2195") == Family::windows_2000);
  CHECK(family("3.51", "1057") == Family::unknown);
}

TEST_CASE("Windows 10 and later are known by their own version numbers") {
  const OsFacts os = identity(
      "\"CurrentVersion\"=\"6.3\"\n\"CurrentBuildNumber\"=\"22631\"\n"
      "\"CurrentMajorVersionNumber\"=dword:a\n\"CurrentMinorVersionNumber\"=dword:0\n"
      "\"ProductName\"=\"Windows 10 Pro\"\n");
  CHECK(os.version == "10.0");
  CHECK(os.build == 22631);
  CHECK(os.family == Family::windows_10);
}

TEST_CASE("the obsolete CurrentBuild of XP is not taken for a build") {
  const OsFacts os = identity(
      "\"CurrentVersion\"=\"5.1\"\n\"CurrentBuildNumber\"=\"2600\"\n"
      "\"CurrentBuild\"=\"1.511.1 () (Obsolete data - do not use)\"\n");
  CHECK(os.build == 2600);
  CHECK(os.conflicts.empty());
}

TEST_CASE("a version and a build of different Windows leave the family unknown") {
  const OsFacts os = identity("\"CurrentVersion\"=\"6.1\"\n\"CurrentBuildNumber\"=\"9600\"\n");
  CHECK(os.family == Family::unknown);
  CHECK(mentions(os.conflicts, "version 6.1 and build 9600"));
  for (const char* build : {"7602", "8400", "9300"}) {
    const OsFacts eight = identity("\"CurrentVersion\"=\"6.2\"\n\"CurrentBuildNumber\"=\"" +
                                   std::string(build) + "\"\n");
    const bool listed = build == std::string("7602");
    CHECK(eight.family == (listed ? Family::unknown : Family::windows_8));
    CHECK(eight.unlisted_build != listed);
  }
  const OsFacts builds = identity(
      "\"CurrentVersion\"=\"6.1\"\n\"CurrentBuildNumber\"=\"7601\"\n\"CurrentBuild\"=\"7600\"\n");
  CHECK(mentions(builds.conflicts, "CurrentBuildNumber is 7601, CurrentBuild is 7600"));
}

TEST_CASE("products of the 6.1 line are of its family, whatever they count") {
  struct Case {
    const char* product;
    const char* build;
    bool unlisted;
  };
  const std::vector<Case> cases = {
      {"Windows Home Server 2011", "8400", true},
      {"Windows MultiPoint Server 2011", "7601", false},
      {"Windows Storage Server 2008 R2 Standard", "7601", false},
      {"Windows Thin PC", "7601", false},
      {"Windows Embedded Standard", "7601", false},
      {"Windows Embedded POSReady 7", "7601", false},
      {"Windows 7 Ultimate", "7100", true},  // a release candidate
  };
  for (const Case& c : cases) {
    INFO(c.product);
    const OsFacts os =
        identity("\"CurrentVersion\"=\"6.1\"\n\"ProductName\"=\"" + std::string(c.product) +
                 "\"\n\"CurrentBuildNumber\"=\"" + c.build + "\"\n");
    CHECK(os.family == Family::windows_7);
    CHECK(os.unlisted_build == c.unlisted);
    CHECK(os.conflicts.empty());
  }
}

TEST_CASE("half of a version is completed where there is only one way") {
  CHECK(identity("\"CurrentBuildNumber\"=\"7601\"\n").version == "6.1");
  CHECK(identity("\"CurrentVersion\"=\"6.1\"\n").family == Family::windows_7);
  CHECK(identity("\"CurrentVersion\"=\"6.1\"\n").build == 0);
  CHECK(identity("\"CurrentVersion\"=\"6.3\"\n").family == Family::unknown);
  CHECK(identity("\"CurrentVersion\"=\"seven\"\n").family == Family::unknown);
}

TEST_CASE("service packs are compared between SOFTWARE, SYSTEM and the build") {
  const std::string v = "\"CurrentVersion\"=\"6.1\"\n\"CurrentBuildNumber\"=\"760";
  SECTION("RTM") {
    const OsFacts os = identity(v + "0\"\n");
    CHECK_FALSE(os.service_pack);
    CHECK(os.conflicts.empty());
  }
  SECTION("build 7601 without CSDVersion is SP1, noted") {
    const OsFacts os = identity(v + "1\"\n");
    CHECK(os.service_pack == 1u);
    CHECK(mentions(os.notes, "Service Pack 1 by build 7601"));
  }
  SECTION("build 7600 with CSDVersion") {
    const OsFacts os = identity(v + "0\"\n\"CSDVersion\"=\"Service Pack 1\"\n");
    CHECK(mentions(os.conflicts, "build 7600"));
  }
  SECTION("SYSTEM of another machine") {
    Sample sample;
    sample.system += "[ControlSet001\\Control\\Windows]\n\"CSDVersion\"=dword:0\n";
    CHECK(mentions(sample.facts().os.conflicts, "no service pack by CSDVersion in SYSTEM"));
  }
  SECTION("a text that names none") {
    const OsFacts os = identity(v + "1\"\n\"CSDVersion\"=\"something\"\n");
    CHECK(mentions(os.notes, "names no service pack"));
  }
}

TEST_CASE("the kernel's file version is compared with SOFTWARE") {
  Sample sample;
  auto& kernel = sample.files["Windows/System32/ntoskrnl.exe"];
  SECTION("the same") {
    kernel = dll(Architecture::amd64, {6, 1, 7601, 24540});
    CHECK(sample.facts().os.notes.empty());
    CHECK(sample.facts().os.conflicts.empty());
  }
  SECTION("another build of the line is a note") {
    kernel = dll(Architecture::amd64, {6, 1, 7602, 24499});
    const OsFacts os = sample.facts().os;
    CHECK(os.family == Family::windows_7);
    CHECK(os.conflicts.empty());
    CHECK(mentions(os.notes, "ntoskrnl.exe is of build 7602"));
  }
  SECTION("a kernel from before Service Pack 1 is a conflict") {
    kernel = dll(Architecture::amd64, {6, 1, 7600, 16385});
    const OsFacts os = sample.facts().os;
    CHECK(os.family == Family::windows_7);
    CHECK(mentions(os.conflicts, "no service pack by ntoskrnl.exe 6.1.7600.16385"));
  }
  SECTION("another line makes the identity doubtful") {
    kernel = dll(Architecture::amd64, {6, 3, 9600, 17415});
    const OsFacts os = sample.facts().os;
    CHECK(os.family == Family::unknown);
    CHECK(mentions(os.conflicts, "SOFTWARE says version 6.1, ntoskrnl.exe is 6.3.9600"));
  }
  SECTION("without SOFTWARE the kernel says what it is") {
    kernel = dll(Architecture::amd64, {6, 1, 7601, 17514});
    sample.software.clear();
    const OsFacts os = sample.facts().os;
    CHECK(os.family == Family::windows_7);
    CHECK(os.build == 7601);
    CHECK(os.service_pack == 1u);
    CHECK(os.installation_type == "Client");
    CHECK(mentions(os.notes, "come from ntoskrnl.exe"));
  }
}

TEST_CASE("without SOFTWARE and files SYSTEM gives away Windows 7 SP1") {
  Sample sample;
  sample.software.clear();
  sample.system += "[ControlSet001\\Control\\Windows]\n\"CSDBuildNumber\"=dword:446a\n";
  const OsFacts os = sample.facts().os;
  CHECK(os.family == Family::windows_7);
  CHECK(os.build == 7601);
  CHECK(os.service_pack == 1u);
  CHECK_FALSE(os.notes.empty());
}

TEST_CASE("without SOFTWARE and without traces in SYSTEM nothing is claimed") {
  Sample sample;
  sample.software.clear();
  sample.system = "[Select]\n\"Default\"=dword:1\n[ControlSet001]\n";
  const OsFacts os = sample.facts().os;
  CHECK(os.family == Family::unknown);
  CHECK(os.build == 0);
  CHECK(os.version.empty());
  CHECK(os.architecture == Architecture::unknown);
}

TEST_CASE("client and server are told by ProductType where SOFTWARE does not") {
  const auto type = [](const std::string& product_type) {
    return identity("\"CurrentVersion\"=\"6.1\"\n",
                    "[Select]\n\"Default\"=dword:1\n[ControlSet001\\Control\\ProductOptions]\n"
                    "\"ProductType\"=\"" +
                        product_type + "\"\n")
        .installation_type;
  };
  CHECK(type("WinNT") == "Client");
  CHECK(type("ServerNT") == "Server");
  CHECK(type("LanmanNT") == "Server");
}

TEST_CASE("each trace of Service Pack 1 is asked, and two that differ are a conflict") {
  const std::string version = current_version + "\"CurrentVersion\"=\"6.1\"\n";
  const std::string package =
      "[Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\"
      "Package_for_KB976932~31bf3856ad364e35~amd64~~6.1.1.17514]\n\"CurrentState\"=dword:";
  const FileVersion rtm{6, 1, 7600, 16385};
  const FileVersion sp1{6, 1, 7601, 17514};
  struct Case {
    const char* what;
    std::string software;
    std::string system;
    std::map<std::string, FileVersion> files;
    Presence presence;
    bool conflict;
  };
  const std::string no_pack = "[ControlSet001\\Control\\Windows]\n\"CSDVersion\"=dword:0\n";
  const std::string pack = "[ControlSet001\\Control\\Windows]\n\"CSDVersion\"=dword:100\n";
  const std::string build_7600 = "\"CurrentBuildNumber\"=\"7600\"\n";
  const std::string build_7601 = "\"CurrentBuildNumber\"=\"7601\"\n";
  const std::string build_8400 = "\"CurrentBuildNumber\"=\"8400\"\n";
  const std::string kernel = "Windows/System32/ntoskrnl.exe";
  const std::string winhttp = "Windows/System32/winhttp.dll";
  const std::string webio = "Windows/System32/webio.dll";
  const std::vector<Case> cases = {
      {"nothing", "", "", {}, Presence::unknown, false},
      {"build", build_7601, "", {}, Presence::present, false},
      {"build without", build_7600, "", {}, Presence::absent, false},
      {"a build of no list", build_8400, "", {}, Presence::unknown, false},
      {"CSDVersion",
       build_8400 + "\"CSDVersion\"=\"Service Pack 1\"\n",
       "",
       {},
       Presence::present,
       false},
      {"CSDVersion against build",
       build_7600 + "\"CSDVersion\"=\"Service Pack 1\"\n",
       "",
       {},
       Presence::unknown,
       true},
      {"SYSTEM", "", pack, {}, Presence::present, false},
      {"SYSTEM without", "", no_pack, {}, Presence::absent, false},
      {"SYSTEM against build", build_7601, no_pack, {}, Presence::unknown, true},
      {"kernel", build_8400, "", {{kernel, sp1}}, Presence::present, false},
      {"kernel against build", build_7600, "", {{kernel, sp1}}, Presence::unknown, true},
      {"kernel 7602", build_7601, "", {{kernel, {6, 1, 7602, 24499}}}, Presence::present, false},
      {"DLLs", build_8400, "", {{winhttp, sp1}, {webio, sp1}}, Presence::present, false},
      {"DLLs against build",
       build_7600,
       "",
       {{winhttp, sp1}, {webio, sp1}},
       Presence::unknown,
       true},
      {"one DLL", build_7600, "", {{winhttp, sp1}, {webio, rtm}}, Presence::absent, false},
      {"old DLLs", build_7601, "", {{winhttp, rtm}, {webio, rtm}}, Presence::unknown, true},
      {"old DLLs beside a kernel",
       build_7601,
       "",
       {{kernel, sp1}, {winhttp, rtm}, {webio, rtm}},
       Presence::present,
       false},
      {"package", build_8400 + package + "70\n", "", {}, Presence::present, false},
      {"package against build", build_7600 + package + "70\n", "", {}, Presence::unknown, true},
      {"staged package", build_7600 + package + "40\n", "", {}, Presence::absent, false},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Sample sample;
    sample.software = version + c.software;
    sample.system = "[Select]\n\"Default\"=dword:1\n[ControlSet001]\n" + c.system;
    for (const auto& [path, number] : c.files)
      sample.files[path] = dll(Architecture::amd64, number);
    const OsFacts os = sample.facts().os;
    CHECK(os.family == Family::windows_7);
    CHECK(os.sp1.presence == c.presence);
    CHECK(os.sp1.conflict.empty() != c.conflict);
    CHECK(mentions(os.conflicts, "no service pack by") == c.conflict);
    CHECK(os.unlisted_build == mentions(os.notes, "build 8400 is in no list of Windows 6.1"));
  }
}

TEST_CASE("XP that takes the updates of POSReady 2009 is noted") {
  const OsFacts os = identity("\"CurrentVersion\"=\"5.1\"\n\"CurrentBuildNumber\"=\"2600\"\n",
                              "[WPA\\PosReady]\n\"Installed\"=dword:1\n[MountedDevices]\n");
  CHECK(mentions(os.notes, "POSReady 2009"));
}

TEST_CASE("Windows PE is named in SOFTWARE or started by SYSTEM, and MiniNT alone is no proof") {
  enum class Is { winpe, full, contradiction };
  struct Case {
    const char* what;
    std::string names;  ///< laid over Windows 7; "-": no SOFTWARE
    std::string system;
    Is is;
    const char* said = "";  ///< in notes or conflicts
  };
  const std::string nameless = "\"EditionID\"=-\n\"InstallationType\"=-\n";
  const std::string key = "[Microsoft\\Windows NT\\CurrentVersion\\WinPE]\n";
  const std::string mini_nt = "[ControlSet001\\Control\\MiniNT]\n";
  const std::string started = "[ControlSet001\\Control]\n\"SystemStartOptions\"=\" MININT\"\n";
  const std::string shell = "[Setup]\n\"CmdLine\"=\"winpeshl.exe\"\n";
  const std::vector<Case> cases = {
      {"EditionID", "\"EditionID\"=\"WindowsPE\"\n", "", Is::winpe},
      {"InstallationType", "\"InstallationType\"=\"WindowsPE\"\n", mini_nt, Is::winpe},
      {"the key WinPE with names of a full Windows", key, "", Is::contradiction,
       "SOFTWARE has the key WinPE, but SOFTWARE says Client Professional"},
      {"the key WinPE without names", nameless + key, "", Is::winpe},
      {"MiniNT on a full Windows", "", mini_nt, Is::full, "Control\\MiniNT"},
      {"MiniNT with a value in it", "", mini_nt + "\"AllowRefsFormatOverNoMirrorVolume\"=dword:1\n",
       Is::full, "MiniNT"},
      {"MiniNT of a Windows without names", nameless, mini_nt, Is::contradiction, "MiniNT"},
      {"MiniNT without SOFTWARE", "-", mini_nt, Is::contradiction, "MiniNT"},
      {"started, without SOFTWARE", "-", mini_nt + started, Is::winpe},
      {"started, on a full Windows", "", started, Is::contradiction, "SYSTEM starts Windows PE"},
      {"its shell", nameless, shell, Is::winpe},
      {"its shell by a path", nameless,
       "[Setup]\n\"CmdLine\"=\"X:\\\\Windows\\\\System32\\\\WinPEShl.exe -x\"\n", Is::winpe},
      {"a program whose name begins so", "",
       "[Setup]\n\"CmdLine\"=\"C:\\\\tools\\\\winpexe.exe\"\n", Is::full},
      {"an option that begins so", "",
       "[ControlSet001\\Control]\n\"SystemStartOptions\"=\" MININTX\"\n", Is::full},
      {"its shell, on a full Windows", "", shell, Is::contradiction, "SYSTEM starts Windows PE"},
      {"setup of a full Windows", "", "[Setup]\n\"CmdLine\"=\"oobe\\\\windeploy.exe\"\n", Is::full},
      {"embedded", "\"InstallationType\"=\"Embedded\"\n", "", Is::full,
       "InstallationType is \"Embedded\""},
      {"nameless", nameless, "", Is::full, "InstallationType is missing"},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Sample sample;
    sample.software = c.names == "-" ? "" : software_7 + current_version + c.names;
    sample.system += c.system;
    const Installation found = sample.facts();
    CHECK(found.winpe == (c.is == Is::winpe));
    CHECK(found.os.family == (c.is == Is::winpe  ? Family::winpe
                              : c.is == Is::full ? Family::windows_7
                                                 : Family::unknown));
    CHECK(mentions(c.is == Is::contradiction ? found.os.conflicts : found.os.notes, c.said) ==
          (*c.said != '\0'));
  }
}

}  // namespace
}  // namespace goldhive::windows
