#include <catch2/catch.hpp>

#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

ControlSetFacts facts_of(const std::string& system) {
  Sample sample;
  sample.system = system;
  return sample.facts().control_sets;
}

std::string select(std::uint32_t current, std::uint32_t boots) {
  return "[Select]\n\"Current\"=dword:" + std::to_string(current) +
         "\n\"Default\"=dword:" + std::to_string(boots) + "\n\"LastKnownGood\"=dword:2\n";
}

TEST_CASE("the set that boots is the one of Select Default") {
  const ControlSetFacts facts = facts_of(system_7);
  CHECK(facts.current == 1u);
  CHECK(facts.default_ == 1u);
  CHECK(facts.failed == 0u);
  CHECK(facts.last_known_good == 2u);
  CHECK(facts.present == std::vector<std::uint32_t>{1, 2});
  CHECK(facts.boots == 1u);
  CHECK(facts.note.empty());
  CHECK(facts.error.empty());
}

TEST_CASE("Default wins over Current and the difference is noted") {
  const ControlSetFacts facts = facts_of(select(1, 2) + "[ControlSet001]\n[ControlSet002]\n");
  CHECK(facts.boots == 2u);
  CHECK(facts.note.find("ControlSet001 (Select\\Current)") != std::string::npos);
}

TEST_CASE("a failed set is noted") {
  const ControlSetFacts facts =
      facts_of(select(2, 2) + "\"Failed\"=dword:1\n[ControlSet001]\n[ControlSet002]\n");
  CHECK(facts.boots == 2u);
  CHECK(facts.note == "ControlSet001 failed to boot (Select\\Failed)");
}

TEST_CASE("sets are numbered in decimal with three digits") {
  const ControlSetFacts facts = facts_of(
      "[Select]\n\"Default\"=dword:a\n[ControlSet010]\n[ControlSet001]\n[ControlSet10]\n"
      "[ControlSet1]\n[ControlSet0010]\n[ControlSet000]\n[ControlSetX]\n[ControlSet]\n");
  CHECK(facts.present == std::vector<std::uint32_t>{1, 10});
  CHECK(facts.boots == 10u);
}

TEST_CASE("Select that names a missing set is an error and no fallback") {
  const ControlSetFacts facts = facts_of(select(1, 3) + "[ControlSet001]\n");
  CHECK_FALSE(facts.boots);
  CHECK(facts.error ==
        "Select\\Default names ControlSet003, which does not exist; present: ControlSet001");
}

TEST_CASE("without Select only a single set leaves no doubt") {
  SECTION("one") {
    const ControlSetFacts facts = facts_of("[ControlSet001]\n");
    CHECK(facts.boots == 1u);
    CHECK(facts.note == "Select is missing; ControlSet001 is the only set");
  }
  SECTION("two") {
    const ControlSetFacts facts = facts_of("[ControlSet001]\n[ControlSet003]\n");
    CHECK_FALSE(facts.boots);
    CHECK(facts.error.find("more than one set: ControlSet001, ControlSet003") != std::string::npos);
  }
  SECTION("none") {
    const ControlSetFacts facts = facts_of("[MountedDevices]\n");
    CHECK_FALSE(facts.boots);
    CHECK(facts.error == "Select is missing; there is no control set");
  }
}

TEST_CASE("a Default of the wrong type counts as not there") {
  const ControlSetFacts facts =
      facts_of("[Select]\n\"Default\"=qword:1\n[ControlSet001]\n[ControlSet002]\n");
  CHECK_FALSE(facts.default_);
  CHECK_FALSE(facts.boots);
  CHECK(facts.error.find("Select has no usable value Default") == 0);
}

}  // namespace
}  // namespace goldhive::windows
