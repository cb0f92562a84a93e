// Single values: FIPS mode, the policy for the order of cipher suites, and what is read only where
// a policy asks (.NET Framework, WinINet).
#include <catch2/catch.hpp>

#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

const std::string settings = R"(
[Microsoft\.NETFramework\v4.0.30319]
"SchUseStrongCrypto"=dword:1
[Wow6432Node\Microsoft\.NETFramework\v2.0.50727]
"SystemDefaultTlsVersions"=dword:1
[Microsoft\Windows\CurrentVersion\Internet Settings]
"SecureProtocols"=dword:a80
[Policies\Microsoft\Windows\CurrentVersion\Internet Settings]
"SecureProtocols"=dword:800
)";

TEST_CASE("the values of .NET and WinINet are not read unless asked for") {
  Sample sample;
  sample.software += settings;
  const Installation found = sample.facts();
  CHECK(found.dotnet.empty());
  CHECK(found.wininet.empty());
}

TEST_CASE("the values of .NET are read for both runtimes in both views") {
  Sample sample;
  sample.software += settings;
  sample.options.dotnet = true;
  const auto dotnet = sample.facts().dotnet;
  REQUIRE(dotnet.size() == 4);
  CHECK(dotnet[0].runtime == "v2.0.50727");
  CHECK(dotnet[0].view == View::native);
  CHECK(dotnet[0].strong_crypto.presence == Presence::absent);
  CHECK(dotnet[1].runtime == "v4.0.30319");
  CHECK(dotnet[1].strong_crypto.dword() == 1u);
  CHECK(dotnet[1].system_default_tls.presence == Presence::absent);
  CHECK(dotnet[2].view == View::wow64);
  CHECK(dotnet[2].system_default_tls.dword() == 1u);
}

TEST_CASE("the values of WinINet are read for the machine and its policy") {
  Sample sample;
  sample.software += settings;
  sample.options.wininet = true;
  const auto wininet = sample.facts().wininet;
  REQUIRE(wininet.size() == 2);
  CHECK(wininet[0].scope == "machine");
  CHECK(wininet[0].secure_protocols.dword() == 0xa80u);
  CHECK(wininet[1].scope == "policy");
  CHECK(wininet[1].secure_protocols.dword() == 0x800u);
}

TEST_CASE("FIPS mode is read in every control set") {
  Sample sample;
  sample.system += "[ControlSet002\\Control\\Lsa\\FipsAlgorithmPolicy]\n\"Enabled\"=dword:1\n";
  const auto fips = sample.facts().fips;
  REQUIRE(fips.size() == 2);
  CHECK(fips[0].control_set == 1);
  CHECK(fips[0].enabled.presence == Presence::absent);
  CHECK(fips[1].control_set == 2);
  CHECK(fips[1].enabled.dword() == 1u);
}

const std::string cipher_policy =
    "[Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002]\n";

TEST_CASE(
    "The order of cipher suites is that of the policy key and may have the length of a list") {
  Sample sample;
  CHECK(sample.facts().cipher_suite_order.presence == Presence::absent);
  sample.software += cipher_policy + "\"Functions\"=\"" + std::string(30000, 'A') + "\"\n";
  const ValueFact order = sample.facts().cipher_suite_order;
  CHECK(order.presence == Presence::present);
  CHECK(order.type == hive::ValueType::sz);
  CHECK(order.data.size() == 60002);
}

TEST_CASE("An order of cipher suites of megabytes is not read and is unknown") {
  Sample sample;
  sample.software += cipher_policy + "\"Functions\"=bytes:3000000:1\n";
  const ValueFact order = sample.facts().cipher_suite_order;
  CHECK(order.presence == Presence::unknown);
  CHECK(order.data.empty());
  CHECK(order.why_unknown == "Functions has 3000000 bytes of data, which are not read");
}

}  // namespace
}  // namespace goldhive::windows
