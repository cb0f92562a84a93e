// Whether SOFTWARE and SYSTEM are of one Windows (docs/rules.md, I5).
#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

const std::string set = "[ControlSet001\\";
const std::string current_version = "[Microsoft\\Windows NT\\CurrentVersion";

std::string device(const std::string& version, const std::string& number = "0000") {
  return set + "Control\\Class\\{4D36E97D-E325-11CE-BFC1-08002BE10318}\\" + number + "]\n" +
         "\"InfPath\"=\"machine.inf\"\n\"DriverVersion\"=\"" + version + "\"\n";
}

std::string computer(const std::string& name, const std::string& domain = "example.com") {
  return set + "Control\\ComputerName\\ComputerName]\n\"ComputerName\"=\"" + name + "\"\n" + set +
         "Services\\Tcpip\\Parameters]\n\"NV Domain\"=\"" + domain + "\"\n";
}

std::string group_policy(const std::string& name) {
  return "[Microsoft\\Windows\\CurrentVersion\\Group Policy\\State\\Machine]\n"
         "\"Distinguished-Name\"=\"" +
         name + "\"\n";
}

/// The warning that asks about a difference, if there is one.
std::string question(const Installation& found) {
  for (const std::string& warning : found.warnings) {
    if (warning.find("check that they are: ") != std::string::npos) return warning;
  }
  return "";
}

TEST_CASE("SOFTWARE and SYSTEM that contradict each other tell no Windows") {
  struct Case {
    const char* what;
    std::string software;  ///< laid over Windows 7 SP1 x64
    std::string system;
    const char* conflict;       ///< "": they are judged as one
    const char* question = "";  ///< what is asked about; "": nothing is
  };
  const std::string ten = current_version +
                          "]\n\"CurrentVersion\"=\"6.3\"\n\"CurrentBuildNumber\"=\"19045\"\n"
                          "\"CurrentBuild\"=\"19045\"\n\"CSDVersion\"=-\n";
  const std::string no_pack = set + "Control\\Windows]\n\"CSDVersion\"=dword:0\n";
  const std::string multi_session = current_version + "]\n\"EditionID\"=\"ServerRdsh\"\n";
  const std::string server = set + "Control\\ProductOptions]\n\"ProductType\"=\"ServerNT\"\n";
  const std::string profile = current_version + "\\ProfileList\\S-1-5-21-1-2-3-1000]\n";
  const std::string bam = set + "Services\\bam\\UserSettings\\";
  const std::vector<Case> cases = {
      {"nothing to compare", "", "", ""},
      {"devices of the same version", "", device("6.1.7601.17514"), ""},
      {"devices of another version", "", device("6.3.9600.17031"),
       "SOFTWARE says version 6.1, SYSTEM 6.3 by machine.inf of its devices"},
      {"devices of 10 beside 10", ten, no_pack + device("10.0.19041.1"), ""},
      {"devices of 7 beside 10", ten, no_pack + device("6.1.7601.17514"), ""},
      {"devices of 10 after old ones beside 7", "",
       device("6.1.7601.17514") + device("10.0.19041.1", "0002"),
       "SOFTWARE says version 6.1, SYSTEM 10.0 by machine.inf of its devices"},
      {"a service pack beside 10", ten, "", "", "CSDVersion: Service Pack 0 in SOFTWARE, 1"},
      {"the service pack of 7 beside 10", ten,
       set + "Control\\Windows]\n\"CSDBuildNumber\"=dword:446a\n",
       "SOFTWARE says version 6.3, SYSTEM 6.1 by CSDBuildNumber 17514"},
      {"a service pack that 7 has not", "", set + "Control\\Windows]\n\"CSDVersion\"=dword:200\n",
       "", "CSDVersion: Service Pack 1 in SOFTWARE, 2 in SYSTEM"},
      {"a service pack in other words", ten + "\"CSDVersion\"=\"Szervizcsomag 1\"\n", "", ""},
      {"no service pack: that of 7 has sources of its own", "", no_pack, ""},
      {"a driver database", "", "[DriverDatabase]\n", "SYSTEM has a DriverDatabase"},
      {"a driver database of 10", ten, no_pack + "[DriverDatabase]\n", ""},
      {"a server", "", server, "ProductType in SYSTEM is ServerNT"},
      {"a client that counts as a server", multi_session, server, ""},
      {"another processor", "",
       set + "Control\\Session Manager\\Environment]\n\"PROCESSOR_ARCHITECTURE\"=\"x86\"\n",
       "PROCESSOR_ARCHITECTURE in SYSTEM says x86"},
      {"another computer", group_policy("CN=PC2,DC=example,DC=com"), computer("PC1"), "",
       "of the computer PC2, SYSTEM is of PC1"},
      {"a computer that was renamed", group_policy("CN=PC2,DC=example,DC=com"),
       computer("PC1") + "\"Hostname\"=\"pc2\"\n", ""},
      {"a computer that is being renamed", group_policy("CN=PC2,DC=example,DC=com"),
       computer("PC1") + set +
           "Control\\ComputerName\\ActiveComputerName]\n\"ComputerName\"=\"PC2\"\n",
       ""},
      {"one of two objects of a name",
       group_policy("CN=PC1\\\\0ACNF:8f3a1c3e-0000-0000-0000-000000000000,DC=example"),
       computer("PC1"), ""},
      {"the same computer", group_policy("CN=pc1,DC=example,DC=com"), computer("PC1"), ""},
      {"a name that is cut", group_policy("CN=WORKSTATION-NR-17"), computer("WORKSTATION-NR-"), ""},
      {"no name of a computer", group_policy("OU=PC2"), computer("PC1"), ""},
      {"a former domain", group_policy("CN=PC2,DC=example,DC=com"), computer("PC1", ""), ""},
      {"no computer in SYSTEM", group_policy("CN=PC2,DC=example,DC=com"), "", ""},
      {"other users", profile, bam + "S-1-5-21-9-9-9-1000]\n", "", "no account with a profile"},
      {"other users of Azure AD", profile, bam + "S-1-12-1-9-9-9-9]\n", "", "S-1-12-1-9-9-9-9"},
      {"a shared user", profile, bam + "S-1-5-21-9-9-9-1000]\n" + bam + "S-1-5-21-1-2-3-1000]\n",
       ""},
      {"profiles that cannot be looked into",
       current_version + "\\ProfileList]\n@flags:link\n\"SymbolicLinkValue\"=link:\"\\\\x\"\n",
       bam + "S-1-5-21-9-9-9-1000]\n", ""},
      {"accounts of services", profile, bam + "S-1-5-18]\n", ""},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Sample sample;
    sample.software += c.software;
    sample.system += c.system;
    const Installation found = sample.facts();
    const std::string& got = found.os.hives_contradict;
    CAPTURE(got);
    CHECK(got.empty() == (*c.conflict == '\0'));
    CHECK(got.find(c.conflict) != std::string::npos);
    CHECK(question(found).empty() == (*c.question == '\0'));
    CHECK(question(found).find(c.question) != std::string::npos);
    if (got.empty()) continue;
    CHECK(found.os.family == Family::unknown);
    CHECK(found.os.architecture == Architecture::unknown);
    CHECK(found.os.conflicts.front() == got);
    CHECK(got.find("SOFTWARE and SYSTEM contradict each other: ") == 0);
  }
}

TEST_CASE("every contradiction between the two hives is named") {
  Sample sample;
  sample.software += group_policy("CN=PC2,DC=example,DC=com");
  sample.system += computer("PC1") + device("10.0.19041.1");
  sample.system += set + "Control\\Windows]\n\"CSDVersion\"=dword:0\n";
  const std::string got = sample.facts().os.hives_contradict;
  CHECK(got.find("machine.inf") != std::string::npos);
  CHECK(got.find("PC2") != std::string::npos);
}

TEST_CASE("a file of Windows settles what PROCESSOR_ARCHITECTURE says against BuildLabEx") {
  Sample sample;
  sample.system +=
      set + "Control\\Session Manager\\Environment]\n\"PROCESSOR_ARCHITECTURE\"=\"x86\"\n";
  sample.files["Windows/System32/ntoskrnl.exe"] = dll(Architecture::amd64, {6, 1, 7601, 17514});
  const OsFacts os = sample.facts().os;
  CHECK(os.hives_contradict.empty());
  CHECK(os.architecture == Architecture::amd64);
  CHECK(os.conflicts.empty());
  CHECK(std::any_of(os.notes.begin(), os.notes.end(), [](const std::string& note) {
    return note ==
           "Windows/System32/ntoskrnl.exe says amd64, PROCESSOR_ARCHITECTURE in SYSTEM "
           "says x86";
  }));
}

TEST_CASE("one hive alone contradicts nothing") {
  Sample sample;
  sample.system += device("10.0.19041.1");
  sample.software.clear();
  CHECK(sample.facts().os.hives_contradict.empty());
  sample.software = software_7;
  sample.system.clear();
  CHECK(sample.facts().os.hives_contradict.empty());
}

TEST_CASE("hives that lie together are noted as one Windows where nothing confirms it") {
  const std::string no_pack = set + "Control\\Windows]\n\"CSDVersion\"=dword:0\n";
  const std::string rtm = current_version +
                          "]\n\"CurrentBuildNumber\"=\"7600\"\n\"CurrentBuild\"=\"7600\"\n"
                          "\"CSDVersion\"=-\n";
  const auto noted = [&](const std::string& software, const std::string& system, bool loose) {
    testing::MemoryTree tree;
    const std::string folder = loose ? "" : "Windows/System32/config/";
    tree.add(folder + "SOFTWARE", hive_of(software_7 + rtm + software));
    tree.add(folder + "SYSTEM", hive_of(system_7 + no_pack + system));
    Volume volume;
    volume.tree = std::make_shared<testing::MemoryTree>(std::move(tree));
    const std::vector<Installation> found = inspect(volume, "image", {});
    REQUIRE(found.size() == 1);
    CHECK(found[0].os.hives_contradict.empty());
    const auto& warnings = found[0].warnings;
    return std::any_of(warnings.begin(), warnings.end(), [](const std::string& warning) {
      return warning.find("nothing in them confirms") != std::string::npos;
    });
  };
  CHECK(noted("", "", true));
  CHECK_FALSE(noted("", "", false));
  CHECK_FALSE(noted("", device("6.1.7600.16385"), true));
  CHECK_FALSE(noted(current_version + "\\Winlogon]\n\"DefaultDomainName\"=\"PC1\"\n",
                    computer("PC1"), true));
  CHECK_FALSE(
      noted("[Microsoft\\Windows\\CurrentVersion\\Authentication\\LogonUI]\n"
            "\"LastLoggedOnSAMUser\"=\"pc1\\\\user\"\n",
            computer("PC1"), true));
  // A domain that is no name of the computer neither confirms nor contradicts.
  CHECK(noted(current_version + "\\Winlogon]\n\"DefaultDomainName\"=\"EXAMPLE\"\n", computer("PC1"),
              true));
}

}  // namespace
}  // namespace goldhive::windows
