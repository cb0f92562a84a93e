#include "tests/windows/ignored.h"

namespace goldhive::windows {
namespace {

using Keys = std::vector<std::string>;
const std::string schannel = "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\";

TEST_CASE("an ordinary installation has no ignored keys") {
  CHECK(ignored_in("", "[" + schannel + "Ciphers\\RC4 128/128]\n[" + schannel +
                           "Protocols\\TLS 1.2\\Client]\n[" + schannel +
                           "Protocols\\Some Vendor\\Client]\n")
            .empty());
}

TEST_CASE("CurrentControlSet in a file is ignored by Windows") {
  CHECK(ignored_in("", "[CurrentControlSet\\Control]\n") ==
        Keys{"HKLM\\SYSTEM\\CurrentControlSet"});
}

TEST_CASE("what belongs into the other hive is ignored by Windows") {
  const std::string software = "HKLM\\SOFTWARE\\";
  CHECK(ignored_in("[CurrentControlSet\\Control]\n[ControlSet001\\Control]\n[ControlSet1]\n"
                   "[Select]\n[MountedDevices]\n") ==
        Keys{software + "CurrentControlSet", software + "MountedDevices", software + "Select",
             software + "ControlSet001"});
  CHECK(ignored_in("", "[Microsoft\\Windows]\n[Policies]\n[Classes]\n[Software\\Vendor]\n") ==
        Keys{"HKLM\\SYSTEM\\Classes", "HKLM\\SYSTEM\\Microsoft", "HKLM\\SYSTEM\\Policies"});
}

TEST_CASE("names that are almost control sets are ignored by Windows") {
  CHECK(ignored_in("", "[ControlSet01]\n[ControlSet3]\n[ControlSet010]\n") ==
        Keys{"HKLM\\SYSTEM\\ControlSet01", "HKLM\\SYSTEM\\ControlSet3"});
}

TEST_CASE("twenty thousand protocols are looked through once, and not once for each") {
  // Looking each up by its name would use up the budget for a hive of this size, and the last ones
  // would stay unknown.
  CHECK(ignored_in("", "[" + schannel + "Protocols\\{00001..20000}]\n[" + schannel +
                           "Protocols\\zz\\Clie nt]\n") ==
        Keys{"HKLM\\SYSTEM\\" + schannel + "Protocols\\zz\\Clie nt"});
}

TEST_CASE("SYSTEM has no 32-bit view") {
  CHECK(ignored_in("", "[Wow6432Node]\n") == Keys{"HKLM\\SYSTEM\\Wow6432Node"});
}

TEST_CASE("Wow6432Node is ignored by Windows on a 32-bit Windows only") {
  const auto on = [](const std::string& build_lab, const std::string& processor) {
    return ignored_in("[Microsoft\\Windows NT\\CurrentVersion]\n\"BuildLabEx\"=\"" + build_lab +
                          "\"\n[-Wow6432Node]\n[Wow6432Node\\Vendor]\n",
                      "[ControlSet001\\Control\\Session Manager\\Environment]\n"
                      "\"PROCESSOR_ARCHITECTURE\"=\"" +
                          processor + "\"\n");
  };
  CHECK(on("7601.17514.x86fre.win7sp1_rtm.101119-1850", "x86") ==
        Keys{"HKLM\\SOFTWARE\\Wow6432Node"});
  CHECK(on("7601.17514.amd64fre.win7sp1_rtm.101119-1850", "AMD64").empty());
  CHECK(on("7601.17514.ia64fre.win7sp1_rtm.101119-1850", "IA64").empty());
  CHECK(on("22000.1.arm64fre.co_release.210604-1628", "ARM64").empty());
  // One says 32 bits and one says 64, or neither says a thing: then nothing is claimed.
  CHECK(on("7601.17514.x86fre.win7sp1_rtm.101119-1850", "AMD64").empty());
  CHECK(on("", "").empty());
}

TEST_CASE(
    "paths that begin a second time are ignored by Windows if they hold something of Windows") {
  CHECK(ignored_in("[SOFTWARE\\Microsoft]\n") == Keys{"HKLM\\SOFTWARE\\SOFTWARE"});
  CHECK(ignored_in("[SOFTWARE\\Vendor]\n").empty());
  CHECK(ignored_in("[Wow6432Node\\Wow6432Node\\Microsoft]\n") ==
        Keys{"HKLM\\SOFTWARE\\Wow6432Node\\Wow6432Node"});
  CHECK(ignored_in("", "[SYSTEM\\CurrentControlSet]\n") == Keys{"HKLM\\SYSTEM\\SYSTEM"});
}

TEST_CASE("look-alikes of Schannel keys are ignored by Windows") {
  CHECK(ignored_in("", "[" + schannel + "Protocols\\TLS1.2\\Client]\n") ==
        Keys{"HKLM\\SYSTEM\\" + schannel + "Protocols\\TLS1.2"});
  CHECK(ignored_in("", "[" + schannel + "Protocols\\TLS v1.1]\n") ==
        Keys{"HKLM\\SYSTEM\\" + schannel + "Protocols\\TLS v1.1"});
  CHECK(ignored_in("", "[" + schannel + "Protocols\\TLS 1.2\\Client ]\n") ==
        Keys{"HKLM\\SYSTEM\\" + schannel + "Protocols\\TLS 1.2\\Client "});
  CHECK(ignored_in("", "[" + schannel + "Protocols \\TLS 1.2]\n") ==
        Keys{"HKLM\\SYSTEM\\" + schannel + "Protocols "});
}

TEST_CASE("other ways to miss Schannel's keys are ignored by Windows") {
  const std::string protocols = schannel + "Protocols\\";
  const std::vector<std::string> strays = {
      schannel + "TLS 1.2",  // without Protocols
      schannel + "TLS1.1",
      protocols + "TLS 1.2\\Clients",
      protocols + "TLS 1.2\\Sever",
      protocols + "TLS 1_2",
      protocols + "TLS-1.1",
      protocols + "TLS 1.2\\Client\\Enabled",  // made as keys
      protocols + "TLS 1.2\\Server\\disabledbydefault",
      protocols + "TLS 1.1\\DisabledByDefault",
  };
  for (const std::string& stray : strays) {
    CHECK(ignored_in("", "[" + stray + "]\n") == Keys{"HKLM\\SYSTEM\\" + stray});
  }
  CHECK(ignored_in("", "[" + protocols + "TLS 1.2\\Client\\Vendor]\n[" + protocols +
                           "TLS 1.2\\Proxy]\n[" + protocols + "TLS 2.1]\n")
            .empty());
}

TEST_CASE("DefaultSecureProtocols made as a key is ignored by Windows") {
  const std::string settings = "Microsoft\\Windows\\CurrentVersion\\Internet Settings\\";
  for (const char* above : {"", "Wow6432Node\\"}) {
    for (const char* below : {"", "WinHttp\\"}) {
      const std::string stray = above + settings + below + "DefaultSecureProtocols";
      CHECK(ignored_in("[" + stray + "]\n") == Keys{"HKLM\\SOFTWARE\\" + stray});
    }
  }
}

TEST_CASE("a cipher with a character that looks like a slash is ignored by Windows") {
  CHECK(ignored_in("", "[" + schannel + "Ciphers\\DES 56{U+2215}56]\n") ==
        Keys{"HKLM\\SYSTEM\\" + schannel +
             "Ciphers\\DES 56\xe2\x88\x95"
             "56"});
}

TEST_CASE("a flood of ignored keys is cut and the cut is said") {
  Sample sample;
  sample.system += "[" + schannel + "Ciphers\\X{U+2215}{1..150}]\n";
  const Installation found = sample.facts();
  CHECK(found.ignored.size() == 100);
  REQUIRE(found.warnings.size() == 1);
  CHECK(found.warnings[0] == "only the first 100 stray keys and values are reported");
}

TEST_CASE("a look-alike of the WinHttp key is ignored by Windows") {
  CHECK(ignored_in("[Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp ]\n"
                   "[Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttpOther]\n") ==
        Keys{"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp "});
}

}  // namespace
}  // namespace goldhive::windows
