#include "tests/windows/ignored.h"

namespace goldhive::windows {
namespace {

using Found = std::vector<std::string>;
const std::string settings = "Microsoft\\Windows\\CurrentVersion\\Internet Settings";
const std::string protocols = "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\";

}  // namespace

TEST_CASE("the values that Windows reads and those of others are not reported") {
  CHECK(
      ignored_in(
          "[" + settings + "]\n\"SecureProtocols\"=dword:a80\n[" + settings +
              "\\WinHttp]\n\"defaultsecureprotocols\"=dword:a00\n\"DisableBranchCache\"=dword:1\n",
          "[" + protocols +
              "TLS 1.2\\Client]\n\"ENABLED\"=dword:1\n\"DisabledByDefault\"=dword:0\n"
              "@=\"\"\n\"Comment\"=\"by hand\"\n[" +
              protocols + "Vendor]\n\"Enabled\"=dword:1\n")
          .empty());
}

TEST_CASE("values with a slip in the name are ignored by Windows") {
  CHECK(ignored_in("[" + settings +
                   "\\WinHttp]\n\"DefaultSecureProtocol\"=dword:a00\n"
                   "\"DefaultSecureProtocols \"=dword:a00\n\"Default Secure Protocols\"=dword:a00\n"
                   "\"DefaultProtocols\"=dword:a00\n") ==
        Found{"HKLM\\SOFTWARE\\" + settings + "\\WinHttp|DefaultSecureProtocol",
              "HKLM\\SOFTWARE\\" + settings + "\\WinHttp|DefaultSecureProtocols ",
              "HKLM\\SOFTWARE\\" + settings + "\\WinHttp|Default Secure Protocols"});
  CHECK(ignored_in("", "[" + protocols +
                           "TLS 1.2\\Client]\n\"DisableByDefault\"=dword:0\n"
                           "\"Enable\"=dword:1\n\"Disabled\"=dword:0\n") ==
        Found{"HKLM\\SYSTEM\\" + protocols + "TLS 1.2\\Client|DisableByDefault",
              "HKLM\\SYSTEM\\" + protocols + "TLS 1.2\\Client|Enable"});
}

TEST_CASE("values one key too high are ignored by Windows") {
  CHECK(ignored_in("[" + settings + "]\n\"DefaultSecureProtocols\"=dword:a00\n",
                   "[" + protocols + "TLS 1.2]\n\"Enabled\"=dword:1\n") ==
        Found{"HKLM\\SYSTEM\\" + protocols + "TLS 1.2|Enabled",
              "HKLM\\SOFTWARE\\" + settings + "|DefaultSecureProtocols"});
}

TEST_CASE("DefaultSecureProtocols in another key WinHttp is ignored by Windows") {
  const std::string value = "\"DefaultSecureProtocols\"=dword:a00\n";
  for (const std::string key : {"Microsoft\\Windows\\CurrentVersion\\WinHttp",
                                "Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\WinHttp",
                                "Policies\\Microsoft\\Windows\\CurrentVersion\\Internet Settings",
                                "Policies\\Microsoft\\Windows\\CurrentVersion\\Internet "
                                "Settings\\WinHttp"}) {
    CHECK(ignored_in("[" + key + "]\n" + value) ==
          std::vector<std::string>{"HKLM\\SOFTWARE\\" + key + "|DefaultSecureProtocols"});
    CHECK(ignored_in("[" + key + "]\n\"Tracing\"=dword:1\n").empty());
  }
}

TEST_CASE("a number in the default value of the right key is ignored by Windows") {
  const std::string winhttp = "Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp";
  CHECK(ignored_in("[" + winhttp + "]\n@=dword:a00\n") ==
        std::vector<std::string>{"HKLM\\SOFTWARE\\" + winhttp + "|(Default)"});
  CHECK(ignored_in("[" + winhttp + "]\n@=\"\"\n").empty());
  const std::string client =
      "ControlSet001\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client";
  CHECK(ignored_in("", "[" + client + "]\n@=qword:0\n") ==
        std::vector<std::string>{"HKLM\\SYSTEM\\" + client + "|(Default)"});
}

}  // namespace goldhive::windows
