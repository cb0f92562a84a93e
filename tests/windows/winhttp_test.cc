#include <catch2/catch.hpp>

#include "src/hive/key_node.h"
#include "src/hive/subkey_list.h"
#include "tests/hive/test_hive.h"
#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

constexpr const char* native_key =
    "[Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp]\n";
constexpr const char* wow64_key =
    "[Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp]\n";

TEST_CASE("DefaultSecureProtocols is read in both views with its raw type") {
  Sample sample;
  sample.software += std::string(native_key) + "@time:2016-07-08T10:11:12Z\n" +
                     "\"DefaultSecureProtocols\"=dword:a00\n" + wow64_key +
                     "\"defaultsecureprotocols\"=qword:a00\n";
  const auto winhttp = sample.facts().winhttp;
  REQUIRE(winhttp.size() == 2);
  const ValueFact& native = winhttp[0].default_secure_protocols;
  CHECK(winhttp[0].view == View::native);
  CHECK(native.key ==
        "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp");
  CHECK(native.dword() == 0xa00u);
  REQUIRE(native.key_last_written);
  CHECK(*native.key_last_written == 131124462720000000u);
  const ValueFact& wow64 = winhttp[1].default_secure_protocols;
  CHECK(winhttp[1].view == View::wow64);
  CHECK(wow64.presence == Presence::present);
  CHECK(wow64.type == hive::ValueType::qword);
  CHECK(wow64.data.size() == 8);
  CHECK_FALSE(wow64.dword());
  CHECK(wow64.value == "defaultsecureprotocols");
}

TEST_CASE("an absent value and an absent key are told apart") {
  Sample sample;
  sample.software += "[-Wow6432Node\\Microsoft\\Windows\\CurrentVersion]\n";
  const auto winhttp = sample.facts().winhttp;
  REQUIRE(winhttp.size() == 2);
  CHECK(winhttp[0].default_secure_protocols.key_presence == Presence::present);
  CHECK(winhttp[0].default_secure_protocols.presence == Presence::absent);
  CHECK(winhttp[1].default_secure_protocols.key_presence == Presence::absent);
  CHECK(winhttp[1].default_secure_protocols.presence == Presence::absent);
  CHECK(winhttp[1].default_secure_protocols.key ==
        "HKLM\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\"
        "WinHttp");
}

TEST_CASE("keys are spelled as found") {
  Sample sample;
  sample.software +=
      "[-Wow6432Node]\n"
      "[WOW6432NODE\\microsoft\\Windows\\CurrentVersion\\INTERNET Settings\\winhttp]\n"
      "\"DefaultSecureProtocols\"=dword:800\n";
  const ValueFact fact = sample.facts().winhttp.at(1).default_secure_protocols;
  CHECK(fact.key ==
        "HKLM\\SOFTWARE\\WOW6432NODE\\microsoft\\Windows\\CurrentVersion\\INTERNET Settings\\"
        "winhttp");
  CHECK(fact.dword() == 0x800u);
}

TEST_CASE("a 32-bit Windows has no second view unless someone wrote one") {
  Sample sample;
  sample.software +=
      "[Microsoft\\Windows NT\\CurrentVersion]\n"
      "\"BuildLabEx\"=\"7601.17514.x86fre.win7sp1_rtm.101119-1850\"\n"
      "[-Wow6432Node]\n";
  sample.system +=
      "[ControlSet001\\Control\\Session Manager\\Environment]\n"
      "\"PROCESSOR_ARCHITECTURE\"=\"x86\"\n";
  CHECK(sample.facts().winhttp.size() == 1);
  sample.software += std::string(wow64_key) + "\"DefaultSecureProtocols\"=dword:a00\n";
  CHECK(sample.facts().winhttp.size() == 2);
}

TEST_CASE("a link key is reported and not followed") {
  Sample sample;
  SECTION("the key itself") {
    sample.software += std::string(native_key) +
                       "@flags:link\n\"SymbolicLinkValue\"=link:\"\\\\REGISTRY\\\\MACHINE\\\\X\"\n";
    const ValueFact fact = sample.facts().winhttp.at(0).default_secure_protocols;
    CHECK(fact.key_is_link);
    CHECK(fact.key_presence == Presence::present);
    CHECK(fact.presence == Presence::unknown);
    CHECK(fact.why_unknown.find("is a symbolic link to \\REGISTRY\\MACHINE\\X") !=
          std::string::npos);
  }
  SECTION("a key above") {
    sample.software += "[Wow6432Node]\n@flags:link\n";
    const ValueFact fact = sample.facts().winhttp.at(1).default_secure_protocols;
    CHECK(fact.key_is_link);
    CHECK(fact.key_presence == Presence::unknown);
    CHECK(fact.presence == Presence::unknown);
    CHECK(fact.why_unknown.find("HKLM\\SOFTWARE\\Wow6432Node is a symbolic link") == 0);
  }
}

TEST_CASE("a key under a wrong hash is unknown and neither present nor absent") {
  Sample sample;
  sample.software += std::string(native_key) + "\"DefaultSecureProtocols\"=dword:a00\n";
  Bytes bytes = hive_of(sample.software);
  const hive::Hive hive = testing::open_hive(bytes);
  const hive::Key settings =
      hive.root().find_path("Microsoft\\Windows\\CurrentVersion\\Internet Settings").value();
  REQUIRE(settings.subkey_count() == 1);
  put_u32(bytes, testing::field_at(settings.node().subkey_list, hive::subkey_list_entries_at + 4),
          0x12345678);
  sample.software.clear();
  sample.files["Windows/System32/config/SOFTWARE"] = bytes;
  const ValueFact fact = sample.facts().winhttp.at(0).default_secure_protocols;
  CHECK(fact.presence == Presence::unknown);
  CHECK(fact.key_presence == Presence::unknown);
  CHECK(fact.why_unknown.find("wrong hash or hint of the name \"WinHttp\" at 0x") !=
        std::string::npos);
}

TEST_CASE("a value of many kilobytes is no setting and is not read") {
  Sample sample;
  sample.software += std::string(native_key) + "\"DefaultSecureProtocols\"=bytes:5000:1\n";
  const ValueFact fact = sample.facts().winhttp.at(0).default_secure_protocols;
  CHECK(fact.presence == Presence::unknown);
  CHECK(fact.data.empty());
  CHECK(fact.why_unknown.find("5000 bytes") != std::string::npos);
}

TEST_CASE("a key that cannot be read is unknown and not absent") {
  Sample sample;
  sample.software += std::string(native_key) + "\"DefaultSecureProtocols\"=bytes:100:1\n";
  Bytes hive = hive_of(sample.software);
  // Break the value list of WinHttp by cutting the signature of its only value.
  const std::string name = "DefaultSecureProtocols";
  const auto at = std::search(hive.begin(), hive.end(), name.begin(), name.end());
  REQUIRE(at != hive.end());
  *(at - 20) = 'X';
  sample.software.clear();
  sample.files["Windows/System32/config/SOFTWARE"] = hive;
  const ValueFact fact = sample.facts().winhttp.at(0).default_secure_protocols;
  CHECK(fact.key_presence == Presence::present);
  CHECK(fact.presence == Presence::unknown);
  CHECK_FALSE(fact.why_unknown.empty());
}

}  // namespace
}  // namespace goldhive::windows
