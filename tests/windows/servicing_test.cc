#include <catch2/catch.hpp>

#include <set>

#include "src/windows/cbs_packages.h"
#include "src/windows/winners.h"
#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

const FileVersion good{6, 1, 7601, 23375};
const FileVersion old{6, 1, 7601, 17514};

const std::string packages =
    "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages\\";
const std::string winners = "Microsoft\\Windows\\CurrentVersion\\SideBySide\\Winners\\";

std::string package(const std::string& identity, const std::string& state) {
  return "[" + packages + identity + "]\n\"CurrentState\"=dword:" + state + "\n";
}

std::string winner(const std::string& component, const std::string& version) {
  return "[" + winners + component + "]\n@=\"6.1\"\n[" + winners + component + "\\6.1]\n@=\"" +
         version + "\"\n\"" + version + "\"=hex:01\n";
}

TEST_CASE("the four files of a 64-bit Windows are read where they are live") {
  Sample sample;
  sample.files = {{"Windows/System32/winhttp.dll", dll(Architecture::amd64, good)},
                  {"Windows/System32/WEBIO.DLL", dll(Architecture::amd64, good)},
                  {"Windows/SysWOW64/winhttp.dll", dll(Architecture::x86, old)},
                  {"Windows/winsxs/x/webio.dll", dll(Architecture::x86, good)}};
  const auto files = sample.facts().servicing.files;
  REQUIRE(files.size() == 4);
  CHECK(files[0].version == good);
  CHECK(files[0].architecture == Architecture::amd64);
  CHECK(files[0].view == View::native);
  CHECK(files[1].path == "Windows/System32/WEBIO.DLL");
  CHECK(files[1].module == "webio.dll");
  CHECK(files[1].presence == Presence::present);
  CHECK(files[2].version == old);
  CHECK(files[2].view == View::wow64);
  CHECK(files[3].presence == Presence::absent);
  CHECK(files[3].path == "Windows/SysWOW64/webio.dll");
}

TEST_CASE("a file that is there and cannot be read is unknown") {
  Sample sample;
  sample.files["Windows/System32/winhttp.dll"] = Bytes(200, 0);
  Bytes no_version = dll(Architecture::amd64, good);
  put_u32(no_version, 0x40 + 24 + 112 + 16, 0);
  sample.files["Windows/System32/webio.dll"] = no_version;
  const auto files = sample.facts().servicing.files;
  CHECK(files.at(0).presence == Presence::unknown);
  CHECK(files[0].why_unknown.find("not a PE file") != std::string::npos);
  CHECK(files.at(1).presence == Presence::unknown);
  CHECK(files[1].why_unknown == "has no version resource");
}

TEST_CASE("a file of which another one differs in case only is unknown, and both are named") {
  const std::string plain = "Windows/System32/winhttp.dll";
  for (const std::string twin : {"Windows/System32/WinHTTP.dll", "Windows/system32/winhttp.dll",
                                 "WINDOWS/System32/winhttp.dll"}) {
    INFO(twin);
    Sample sample;
    sample.files = {{plain, dll(Architecture::amd64, good)}, {twin, dll(Architecture::amd64, old)}};
    const FileVersionFact file = sample.facts().servicing.files.at(0);
    CHECK(file.presence == Presence::unknown);
    CHECK_FALSE(file.version);
    CHECK(std::set<std::string>{file.path, file.twin} == std::set<std::string>{plain, twin});
    CHECK(file.why_unknown.find("the other is " + file.twin) != std::string::npos);
  }
}

TEST_CASE("a file that lies only in the twin of its folder is unknown too") {
  Sample sample;
  sample.files = {{"Windows/system32/winhttp.dll", dll(Architecture::amd64, good)}};
  const FileVersionFact file = sample.facts().servicing.files.at(0);
  CHECK(file.presence == Presence::unknown);
  CHECK(file.twin == "Windows/system32/winhttp.dll");
  // A twin of the folder without the file changes nothing.
  sample.files = {{"Windows/System32/winhttp.dll", dll(Architecture::amd64, good)},
                  {"Windows/system32/notes.txt", {}},
                  {"WINDOWS/win.ini", {}}};
  CHECK(sample.facts().servicing.files.at(0).version == good);
}

TEST_CASE("a file that is missing is lost only where its folder is whole otherwise") {
  Sample sample;
  for (const char* name : {"ntdll.dll", "kernel32.dll"}) {
    sample.files[std::string("Windows/System32/") + name] = dll(Architecture::amd64, old);
  }
  CHECK(sample.facts().servicing.files.at(0).presence == Presence::absent);
  CHECK_FALSE(sample.facts().servicing.files.at(0).lost);
  sample.files["Windows/System32/advapi32.dll"] = dll(Architecture::amd64, old);
  CHECK(sample.facts().servicing.files.at(0).lost);
  CHECK_FALSE(sample.facts().servicing.files.at(2).lost);  // nothing is in SysWOW64
}

TEST_CASE("a System32 without a single file says nothing of what is on the disk") {
  for (const FileVersionFact& file : Sample().facts().servicing.files) {
    CHECK(file.presence == Presence::unknown);
    CHECK(file.out_of_reach);
  }
}

TEST_CASE("an image of 32 bits has two files") {
  Sample sample;
  sample.software.clear();
  sample.system.clear();
  sample.files["Windows/System32/config/SOFTWARE"] =
      hive_of("[Microsoft\\Windows NT\\CurrentVersion]\n\"CurrentBuildNumber\"=\"7601\"\n");
  sample.files["Windows/System32/winhttp.dll"] = dll(Architecture::x86, good);
  CHECK(sample.facts().servicing.files.size() == 2);
}

TEST_CASE("winners of every architecture of the image are read") {
  Sample sample;
  sample.software +=
      winner("amd64_microsoft-windows-winhttp_31bf3856ad364e35_none_05", "6.1.7601.23375") +
      winner("x86_microsoft-windows-winhttp_31bf3856ad364e35_none_06", "6.1.7601.23375") +
      winner("amd64_Microsoft-Windows-WebIO_31bf3856ad364e35_none_07", "6.1.7601.17514") +
      winner("wow64_microsoft-windows-webio_31bf3856ad364e35_none_08", "odd") +
      winner("amd64_microsoft-windows-winhttp.resources_31bf3856ad364e35_en-us_1", "6.1.7600.1") +
      winner("arm64_microsoft-windows-webio_31bf3856ad364e35_none_09", "10.0.1.1");
  const ServicingFacts facts = sample.facts().servicing;
  CHECK(facts.winners_presence == Presence::present);
  REQUIRE(facts.winners.size() == 4);
  CHECK(facts.winners[0].module == "winhttp.dll");
  CHECK(facts.winners[0].architecture == "amd64");
  CHECK(facts.winners[0].version == good);
  CHECK(facts.winners[1].architecture == "x86");
  CHECK(facts.winners[2].module == "webio.dll");
  CHECK(facts.winners[2].version == old);
  CHECK(facts.winners[3].architecture == "wow64");
  CHECK(facts.winners[3].version_text == "odd");
  CHECK_FALSE(facts.winners[3].version);
}

TEST_CASE("a winner names its line and the version stands below that") {
  Sample sample;
  const std::string key = "amd64_microsoft-windows-webio_31bf3856ad364e35_none_07";
  SECTION("two lines: the default value chooses") {
    sample.software +=
        winner(key, "6.1.7601.17514") + "[" + winners + key + "\\6.2]\n" + "@=\"6.2.9200.16384\"\n";
    CHECK(sample.facts().servicing.winners.at(0).version_text == "6.1.7601.17514");
  }
  SECTION("no default value: the only line") {
    sample.software += "[" + winners + key + "\\6.1]\n@=\"6.1.7601.17514\"\n";
    CHECK(sample.facts().servicing.winners.at(0).version == old);
  }
  SECTION("nothing below") {
    sample.software += "[" + winners + key + "]\n@=\"6.1\"\n";
    CHECK_FALSE(sample.facts().servicing.winners.at(0).version);
  }
}

TEST_CASE("shortened component names are recognised") {
  CHECK(names_component("microsoft-windows-webio", "microsoft-windows-webio"));
  CHECK(names_component("microsoft-w..s-winhttp", "microsoft-windows-winhttp"));
  CHECK_FALSE(names_component("microsoft-w..s-webio", "microsoft-windows-winhttp"));
  CHECK_FALSE(names_component("microsoft-windows-w..-windows-webio", "microsoft-windows-webio"));
  Sample sample;
  sample.software += winner("amd64_microsoft-w..s-webio_31bf3856ad364e35_none_07", "6.1.7601.1");
  CHECK(sample.facts().servicing.winners.size() == 1);
}

TEST_CASE("Winners without the two components are absent and a missing hive is unknown") {
  Sample sample;
  CHECK(sample.facts().servicing.winners_presence == Presence::absent);
  sample.software += winner("amd64_microsoft-windows-winlogon_31bf3856ad364e35_none_07", "6.1.1.1");
  CHECK(sample.facts().servicing.winners_presence == Presence::absent);
  sample.software.clear();
  CHECK(sample.facts().servicing.winners_presence == Presence::unknown);
}

TEST_CASE("packages of KB3140245 are found in every spelling with their state") {
  Sample sample;
  sample.software +=
      package("Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", "70") +
      package("Package_for_KB3140245_SP1~31bf3856ad364e35~amd64~~6.1.1.1", "40") +
      package("package_1_for_kb3140245~31bf3856ad364e35~amd64~~6.1.1.1", "40") +
      package("Package_3_for_KB3140245_BF~31bf3856ad364e35~amd64~en-US~6.1.1.1", "40") +
      package("Package_for_KB31402450~31bf3856ad364e35~amd64~~6.1.1.1", "70") +
      package("Package_for_KB3140246~31bf3856ad364e35~amd64~~6.1.1.1", "70") +
      package("Package_for_KB3140245~0000000000000000~amd64~~6.1.1.2", "70");
  const ServicingFacts facts = sample.facts().servicing;
  CHECK(facts.packages_presence == Presence::present);
  REQUIRE(facts.packages.size() == 4);
  const auto& found = facts.packages;
  CHECK(found[0].identity == "package_1_for_kb3140245~31bf3856ad364e35~amd64~~6.1.1.1");
  CHECK_FALSE(found[0].top_level);
  CHECK(found[1].identity == "Package_3_for_KB3140245_BF~31bf3856ad364e35~amd64~en-US~6.1.1.1");
  CHECK_FALSE(found[1].top_level);
  CHECK(found[2].identity == "Package_for_KB3140245_SP1~31bf3856ad364e35~amd64~~6.1.1.1");
  CHECK_FALSE(found[2].top_level);
  CHECK(found[3].identity == "Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1");
  CHECK(found[3].top_level);
  CHECK(found[3].kb == kb_winhttp);
  CHECK(found[3].architecture == Architecture::amd64);
  CHECK(found[3].version == FileVersion{6, 1, 1, 1});
  CHECK(found[3].state == 0x70);
}

TEST_CASE("a package without a proper CurrentState has no state") {
  Sample sample;
  const std::string identity = "Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1";
  sample.software += "[" + packages + identity + "]\n";
  CHECK(sample.facts().servicing.packages.at(0).state_presence == Presence::absent);
  sample.software += "\"CurrentState\"=\"70\"\n";
  CHECK(sample.facts().servicing.packages.at(0).state_presence == Presence::unknown);
}

TEST_CASE("package identities are parsed strictly") {
  const auto parse = [](const std::string& name) {
    return parse_package_identity(name + "~31bf3856ad364e35~amd64~~6.1.1.1");
  };
  CHECK(parse("Package_for_KB3140245")->kb == 3140245);
  CHECK(parse("package_for_kb3140245")->top_level);
  for (const char* part : {"PACKAGE_FOR_kb3140245_rtm_bf", "Package_for_KB3140245_SP1",
                           "Package_for_KB3140245_GM", "Package_3_for_KB3140245"}) {
    CHECK_FALSE(parse(part)->top_level);
  }
  CHECK_FALSE(parse("Package_12_for_KB3140245_RTM_GM")->top_level);
  CHECK(parse("Package_for_RollupFix")->kb == 0);
  for (const char* bad : {"Package_for_KB3140245x", "Package_for_KB", "Package_for_KB3140245_SP",
                          "Package__for_KB3140245", "XPackage_for_KB3140245", "Package_for_3140245",
                          "Package_for_KB99999999999", "Microsoft-Windows-Foundation-Package"}) {
    CHECK_FALSE(parse(bad));
  }
  CHECK_FALSE(parse_package_identity("Package_for_KB3140245"));
  CHECK_FALSE(parse_package_identity("Package_for_KB3140245~31bf3856ad364e35~mips~~6.1.1.1"));
  CHECK_FALSE(parse_package_identity("Package_for_KB3140245~31bf3856ad364e35~x86~~6.1.1"));
  CHECK_FALSE(parse_package_identity("Package_for_KB3140245~31bf3856ad364e35~x86~~6.1.1.1~"));
}

TEST_CASE("later updates and members are listed only where nothing else has spoken") {
  Sample sample;
  sample.software +=
      package("Package_for_RollupFix~31bf3856ad364e35~amd64~~7601.24002.1.4", "70") +
      package("Package_166_for_KB4056894~31bf3856ad364e35~amd64~~6.1.1.4", "70") +
      package("Package_for_KB3197867~31bf3856ad364e35~amd64~~6.1.1.0", "70") +  // security-only
      package("Package_for_KB4019264~31bf3856ad364e35~amd64~~6.1.1.0", "40") +
      package("Package_for_KB3125574~31bf3856ad364e35~amd64~~6.1.4.4", "70") +
      package("Package_for_KB976932~31bf3856ad364e35~amd64~~6.1.1.17514", "70") +
      package("Package_17_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", "70");
  const auto names = [&sample] {
    std::vector<std::string> found;
    for (const PackageFact& fact : sample.facts().servicing.packages) {
      found.push_back(fact.identity.substr(0, fact.identity.find('~')));
    }
    return found;
  };
  const std::vector<std::string> all = {"Package_166_for_KB4056894", "Package_17_for_KB3140245",
                                        "Package_for_KB3125574",     "Package_for_KB4019264",
                                        "Package_for_KB976932",      "Package_for_RollupFix"};
  const std::vector<std::string> service_pack = {"Package_for_KB976932"};
  const auto add_winners = [&sample](std::initializer_list<std::string> components) {
    for (const std::string& name : components) {
      sample.software += winner(name + "_31bf3856ad364e35_none_07", "6.1.7.1");
    }
  };
  SECTION("nothing else") {
    CHECK(names() == all);
    const auto found = sample.facts().servicing.packages;
    CHECK_FALSE(found.at(0).top_level);
    CHECK(found.at(3).state == 0x40);
    CHECK(found.at(5).kb == 0);
  }
  SECTION("one file says nothing of the others") {
    sample.files["Windows/System32/winhttp.dll"] = dll(Architecture::amd64, old);
    CHECK(names() == all);
  }
  SECTION("all files have spoken") {
    for (const char* folder : {"System32", "SysWOW64"}) {
      for (const char* module : {"winhttp.dll", "webio.dll"}) {
        sample.files[std::string("Windows/") + folder + "/" + module] =
            dll(Architecture::amd64, old);
      }
    }
    CHECK(names() == service_pack);
  }
  SECTION("the winners of one view say nothing of the other") {
    add_winners({"amd64_microsoft-windows-webio", "amd64_microsoft-windows-winhttp"});
    CHECK(names() == all);
  }
  SECTION("the winners of both modules in both views have spoken") {
    add_winners({"amd64_microsoft-windows-webio", "amd64_microsoft-windows-winhttp",
                 "x86_microsoft-windows-winhttp", "wow64_microsoft-windows-webio"});
    CHECK(names() == service_pack);
  }
}

TEST_CASE("of Server 2008 the update for Schannel is read, and of newer ones nothing") {
  Sample sample;
  sample.software += package("Package_for_KB4019276~31bf3856ad364e35~amd64~~6.0.1.0", "7") +
                     package("Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", "70");
  const auto set_version = [&sample](const std::string& version, const std::string& build) {
    sample.software += "[Microsoft\\Windows NT\\CurrentVersion]\n\"CurrentVersion\"=\"" + version +
                       "\"\n\"CurrentBuildNumber\"=\"" + build + "\"\n\"CurrentBuild\"=\"" + build +
                       "\"\n";
  };
  sample.files["Windows/System32/schannel.dll"] = dll(Architecture::amd64, {6, 0, 6002, 24129});
  SECTION("Server 2008") {
    set_version("6.0", "6002");
    const ServicingFacts facts = sample.facts().servicing;
    CHECK(facts.schannel == FileVersion{6, 0, 6002, 24129});
    REQUIRE(facts.packages.size() == 1);
    CHECK(facts.packages[0].kb == kb_schannel_2008);
    CHECK(facts.files.empty());
  }
  SECTION("Windows 10") {
    set_version("6.3", "19045");
    const ServicingFacts facts = sample.facts().servicing;
    CHECK_FALSE(facts.schannel);
    CHECK(facts.packages.empty());
    CHECK(facts.files.empty());
  }
}

TEST_CASE("a hive without servicing data says so") {
  CHECK(Sample().facts().servicing.packages_presence == Presence::absent);
}

TEST_CASE("pending operations are known only where one can look") {
  Sample sample;
  CHECK(sample.facts().servicing.pending_xml == Presence::unknown);
  CHECK(sample.facts().servicing.reboot_pending == Presence::absent);
  sample.files["Windows/winsxs/manifests/a.manifest"] = {1};
  CHECK(sample.facts().servicing.pending_xml == Presence::absent);
  sample.files["Windows/winsxs/Pending.xml"] = {1};
  sample.software +=
      "[Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending]\n";
  CHECK(sample.facts().servicing.pending_xml == Presence::present);
  CHECK(sample.facts().servicing.reboot_pending == Presence::present);
}

}  // namespace
}  // namespace goldhive::windows
