// Single values: FIPS mode, the policy for the order of cipher suites, and what is read only where
// a policy asks (.NET Framework, WinINet).
#include <catch2/catch.hpp>

#include "src/windows/settings.h"
#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

const std::string asked_for = R"(
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
  sample.software += asked_for;
  const Installation found = sample.facts();
  CHECK(found.dotnet.empty());
  CHECK(found.wininet.empty());
}

TEST_CASE("the values of .NET are read for both runtimes in both views") {
  Sample sample;
  sample.software += asked_for;
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
  sample.software += asked_for;
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
  const Installation found = sample.facts();
  const auto fips = facts_of(found, settings::fips);
  REQUIRE(fips.size() == 2);
  CHECK(fips[0]->control_set == 1);
  CHECK(fips[0]->value.presence == Presence::absent);
  CHECK(fips[1]->control_set == 2);
  CHECK(fips[1]->value.dword() == 1u);
}

ValueFact cipher_order(const Sample& sample) {
  const Installation found = sample.facts();
  return facts_of(found, settings::cipher_suite_order).at(0)->value;
}

const std::string cipher_policy =
    "[Policies\\Microsoft\\Cryptography\\Configuration\\SSL\\00010002]\n";

TEST_CASE(
    "The order of cipher suites is that of the policy key and may have the length of a list") {
  Sample sample;
  CHECK(cipher_order(sample).presence == Presence::absent);
  sample.software += cipher_policy + "\"Functions\"=\"" + std::string(30000, 'A') + "\"\n";
  const ValueFact order = cipher_order(sample);
  CHECK(order.presence == Presence::present);
  CHECK(order.type == hive::ValueType::sz);
  CHECK(order.data.size() == 60002);
}

TEST_CASE("An order of cipher suites of megabytes is not read and is unknown") {
  Sample sample;
  sample.software += cipher_policy + "\"Functions\"=bytes:3000000:1\n";
  const ValueFact order = cipher_order(sample);
  CHECK(order.presence == Presence::unknown);
  CHECK(order.data.empty());
  CHECK(order.why_unknown == "Functions has 3000000 bytes of data, which are not read");
}

TEST_CASE("A value is known as its setting in every place where it is read") {
  Installation found = Sample().facts();
  REQUIRE(found.control_sets.present.size() == 2);
  found.os.architecture = Architecture::arm64;  // that has three views
  found.os.wowaa32 = Presence::present;
  std::size_t places = 0;
  const auto check = [&](const Setting* setting) {
    for (const SettingPlace& place : places_of(*setting, found)) {
      const std::string key = key_of(*setting, place);
      INFO(key);
      CHECK(find_setting(setting->hive, key, setting->value) == setting);
      CHECK(find_setting(setting->hive, key + "\\x", setting->value) == nullptr);
      CHECK(find_setting(setting->hive, "x\\" + key, setting->value) == nullptr);
      CHECK(find_setting(setting->hive, key, "x") == nullptr);
      ++places;
    }
  };
  for (const Setting* setting : settings::with_topic) check(setting);
  for (const Setting* setting : settings::standalone) check(setting);
  CHECK(places >= 3 + 2 * 2 * 12 + 3 * 4 + 2 + 2 + 1);
}

TEST_CASE("Only a REG_DWORD can be writable") {
  for (const Setting* setting : settings::with_topic) {
    CHECK((!setting->writable || setting->type == hive::ValueType::dword));
  }
  for (const Setting* setting : settings::standalone) {
    CHECK((!setting->writable || setting->type == hive::ValueType::dword));
  }
}

}  // namespace
}  // namespace goldhive::windows
