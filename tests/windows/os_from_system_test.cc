// Which Windows a SYSTEM hive belongs to, without SOFTWARE.
#include "src/windows/os_from_system.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "src/hive/recovery.h"
#include "tests/hive/test_hive.h"
#include "tests/support/corpus.h"

using namespace goldhive;
using goldhive::testing::open_text;

namespace {

std::optional<windows::SystemHints> hints(const std::string& below_the_set,
                                          bool driver_database = false) {
  const hive::Hive hive = open_text("[ControlSet001]\n" + below_the_set);
  return windows::os_from_system(*hive.root().find("ControlSet001"), driver_database);
}

std::string service_pack(const char* version, const char* revision) {
  return std::string("[ControlSet001\\Control\\Windows]\n\"CSDVersion\"=dword:") + version +
         "\n\"CSDBuildNumber\"=dword:" + revision + "\n";
}

std::string device(const char* number, const char* inf, const char* version) {
  return std::string("[ControlSet001\\Control\\Class\\{4D36E97D-E325-11CE-BFC1-08002BE10318}\\") +
         number + "]\n\"InfPath\"=\"" + inf + "\"\n\"DriverVersion\"=\"" + version + "\"\n";
}

TEST_CASE("The service pack's revision alone tells Windows 7 SP1") {
  const auto found = hints(service_pack("100", "446a"));
  REQUIRE(found.has_value());
  CHECK(found->conflict.empty());
  CHECK(found->major == 6);
  CHECK(found->minor == 1);
  CHECK(found->build == 7601);
  CHECK(found->service_pack == 1U);
  CHECK(found->source.find("17514") != std::string::npos);
}

TEST_CASE("The newest machine.inf among the system devices tells the line") {
  const auto found = hints(device("0000", "machine.inf", "6.1.7600.16385") +
                           device("0001", "oem3.inf", "10.0.1.2") +
                           device("0002", "MACHINE.INF", "6.3.9600.17031"));
  REQUIRE(found.has_value());
  CHECK(found->major == 6);
  CHECK(found->minor == 3);
  CHECK(found->build == 9600);
}

TEST_CASE("Every system device counts, whatever numbers are missing") {
  const std::string old = device("0000", "machine.inf", "6.1.7601.17514");
  const auto gap = hints(old + device("0002", "machine.inf", "10.0.19041.1"));
  REQUIRE(gap.has_value());
  CHECK(gap->major == 10);
  std::string many;
  for (int i = 0; i < 40; ++i) {
    many += device(fmt::format("{:04}", i).c_str(), "machine.inf", "6.1.7601.17514");
  }
  const auto far = hints(many + device("0040", "machine.inf", "6.3.9600.17031"));
  REQUIRE(far.has_value());
  CHECK(far->build == 9600);
}

TEST_CASE("A driver database contradicts a line below that of Windows 8") {
  const auto old = hints(device("0000", "machine.inf", "6.1.7601.17514"), true);
  REQUIRE(old.has_value());
  CHECK(old->conflict.find("DriverDatabase") != std::string::npos);
  CHECK(old->major == 0);
  CHECK_FALSE(hints(service_pack("100", "446a"), true)->conflict.empty());
  CHECK(hints(device("0000", "machine.inf", "6.2.9200.16384"), true)->build == 9200);
}

TEST_CASE("Devices from before an upgrade to Windows 7 SP1 contradict nothing") {
  const auto found =
      hints(service_pack("100", "446a") + device("0000", "machine.inf", "6.0.6002.18005"));
  REQUIRE(found.has_value());
  CHECK(found->conflict.empty());
  CHECK(found->build == 7601);
  CHECK(found->source == "CSDBuildNumber 17514 of Windows 7 SP1");
}

TEST_CASE("The build of Windows 7 follows the service pack and is unknown without it") {
  const std::string seven = device("0000", "machine.inf", "6.1.7600.16385");
  CHECK(hints(seven)->build == 0);
  CHECK(hints(seven + service_pack("0", "0"))->build == 0);  // as of Windows 8 and later
  CHECK(hints(seven + service_pack("300", "0"))->build == 0);
  CHECK(hints(seven + service_pack("0", "4001"))->build == 7600);
  CHECK(hints(seven + service_pack("100", "446a"))->build == 7601);
}

TEST_CASE("The build of Windows 10 is not concluded from its drivers") {
  const auto found = hints(device("0000", "machine.inf", "10.0.19041.1"));
  REQUIRE(found.has_value());
  CHECK(found->major == 10);
  CHECK(found->build == 0);
}

TEST_CASE("A SYSTEM that contradicts itself is a conflict and no answer") {
  const auto found =
      hints(service_pack("100", "446a") + device("0000", "machine.inf", "6.2.9200.16384"));
  REQUIRE(found.has_value());
  CHECK(!found->conflict.empty());
  CHECK(found->major == 0);
}

TEST_CASE("A SYSTEM without traces or with odd ones tells nothing") {
  CHECK(!hints(""));
  CHECK(!hints(service_pack("300", "1588")));
  CHECK(!hints(device("0000", "machine.inf", "six.one")));
  CHECK(!hints(device("0000", "machine.inf", "6.1")));
  CHECK(!hints("[ControlSet001\\Control\\Windows]\n\"CSDVersion\"=\"100\"\n"));
}

TEST_CASE("The real Windows 7 SYSTEM hive tells 6.1.7601 from both traces") {
  if (!goldhive::testing::has_corpus()) return;
  const auto opened = hive::open_with_logs(goldhive::testing::corpus_file("real/SYSTEM.win7"), {});
  REQUIRE(opened.hive.has_value());
  const auto found = windows::os_from_system(*opened.hive->root().find("ControlSet001"), false);
  REQUIRE(found.has_value());
  CHECK(found->major == 6);
  CHECK(found->minor == 1);
  CHECK(found->build == 7601);
  CHECK(found->source.find("machine.inf") != std::string::npos);
}

}  // namespace
