#include <catch2/catch.hpp>

#include "src/policy/servicing.h"
#include "tests/policy/literal_facts.h"

namespace goldhive::policy {
namespace {

using namespace goldhive::testing;
using windows::Architecture;
using windows::Family;
using windows::Presence;
using windows::View;

constexpr std::string_view id = "servicing.kb3140245";
const char* const package_x64 = "Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1";
const char* const rollup_x64 = "Package_for_RollupFix~31bf3856ad364e35~amd64~~7601.24002.1.4";

constexpr windows::FileVersion rtm = {6, 1, 7601, 17514};
constexpr windows::FileVersion feature = {6, 1, 7601, 23375};

Finding judged(const windows::Installation& i) {
  const auto rows = baseline_rows(i, id);
  REQUIRE(rows.size() == 1);
  INFO(rows[0].message);
  CHECK(rows[0].edits.empty());  // no registry patch can install an update
  return rows[0];
}

bool says(const Finding& row, const std::string& text) {
  return row.message.find(text) != std::string::npos;
}

void add_package(windows::Installation& i, std::uint32_t state,
                 const std::string& identity = package_x64) {
  i.servicing.packages.push_back(package(identity, state));
}

void add_winner(windows::Installation& i, const std::string& module, const std::string& arch,
                windows::FileVersion version) {
  i.servicing.winners_presence = Presence::present;
  const View view = arch == "amd64" ? View::native : View::wow64;
  i.servicing.winners.push_back(
      {arch + "_" + module, module, view, arch, to_string(version), version});
}

/// Windows 7 SP1 x64 of which only the registry is at hand.
windows::Installation registry_only() {
  auto i = windows_7();
  for (auto& f : i.servicing.files) {
    f.presence = Presence::unknown;
    f.version.reset();
    f.out_of_reach = true;
  }
  return i;
}

TEST_CASE("All files at the threshold pass whatever CBS says") {
  auto i = windows_7();
  set_files(i, feature);
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::pass);
  CHECK(says(row, "superseded or slipstreamed"));
  CHECK(says(row, "CBS: no entry"));
  CHECK(says(row, "winhttp.dll, webio.dll (64 and 32 bit) 6.1.7601.23375"));
  for (const std::uint32_t state : {0x70U, 0x80U, 0x50U, 0x40U, 0x05U}) {
    auto with_entry = i;
    add_package(with_entry, state);
    CHECK(judged(with_entry).verdict == (state == 0x05U ? Verdict::warn : Verdict::pass));
    CHECK(says(judged(with_entry), "going to be removed") == (state == 0x05U));
  }
  for (const windows::FileVersion newer :
       {windows::FileVersion{6, 1, 7601, 23451}, windows::FileVersion{6, 1, 7602, 1}}) {
    set_files(i, newer);
    CHECK(judged(i).verdict == Verdict::pass);
  }
}

TEST_CASE("Any readable file below the threshold fails and is named") {
  for (const View view : {View::native, View::wow64}) {
    for (const char* module : {"winhttp.dll", "webio.dll"}) {
      auto i = windows_7();
      set_files(i, feature);
      file(i, view, module).version = {6, 1, 7601, 21861};
      const Finding row = judged(i);
      CHECK(row.verdict == Verdict::fail);
      CHECK(row.subject ==
            std::string(view == View::native ? "System32\\" : "SysWOW64\\") + module);
      CHECK(row.actual == "6.1.7601.21861");
      CHECK(row.expected == "6.1.7601.23375");
      CHECK(says(row, "want 6.1.7601.23375"));
      CHECK(says(row, "new enough: "));
    }
  }
}

TEST_CASE("Old files beside an installed or pending package are called by their name") {
  auto i = windows_7();
  add_package(i, 0x70);
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "conflict"));
  CHECK(says(row, "0x70 (installed)"));
  i.servicing.packages.clear();
  add_package(i, 0x60);
  row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "pending"));
  CHECK(says(row, "0x60"));
  i.servicing.packages.clear();
  i.servicing.pending_xml = Presence::present;
  CHECK(says(judged(i), "pending"));
  add_package(i, 0x40);
  row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "0x40 (staged or less)"));
}

TEST_CASE("A file of another line of Windows is foreign and fails") {
  auto i = windows_7();
  set_files(i, feature);
  file(i, View::native, "winhttp.dll").version = {6, 2, 9200, 21797};
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "foreign"));
  auto eight = fresh(Family::windows_8, 9200);
  set_files(eight, {6, 1, 7601, 23375});
  CHECK(judged(eight).verdict == Verdict::fail);
}

TEST_CASE("A file that the processor of its folder cannot load is foreign and fails") {
  auto i = windows_7();
  set_files(i, feature);
  file(i, View::native, "winhttp.dll").architecture = Architecture::x86;
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "System32\\winhttp.dll 6.1.7601.23375 (foreign: for x86, not for amd64)"));
  file(i, View::native, "winhttp.dll").architecture = Architecture::amd64;
  file(i, View::wow64, "webio.dll").architecture = Architecture::x86;
  CHECK(judged(i).verdict == Verdict::pass);
  file(i, View::wow64, "webio.dll").architecture = Architecture::amd64;
  row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "foreign: for amd64, not for x86"));
}

TEST_CASE("Windows 8 has a threshold of its own") {
  auto i = fresh(Family::windows_8, 9200);
  CHECK(judged(i).verdict == Verdict::fail);  // 6.2.9200.16384 is above 6.1.7601.23375
  CHECK(judged(i).expected == "6.2.9200.21797");
  set_files(i, {6, 2, 9200, 21796});
  CHECK(judged(i).verdict == Verdict::fail);
  set_files(i, {6, 2, 9200, 21797});
  CHECK(judged(i).verdict == Verdict::pass);
}

TEST_CASE("32-bit Windows needs two files and ignores SysWOW64") {
  auto i = fresh(Family::windows_7, 7601, Architecture::x86);
  set_files(i, feature);
  CHECK(judged(i).verdict == Verdict::pass);
  auto junk = windows_7().servicing.files.at(2);
  i.servicing.files.push_back(junk);
  CHECK(judged(i).verdict == Verdict::pass);
}

TEST_CASE("Good files with others missing are undetermined unless Winners or CBS say fail") {
  auto i = windows_7();
  set_files(i, feature);
  auto& webio = file(i, View::wow64, "webio.dll");
  webio.presence = Presence::absent;
  webio.version.reset();
  add_package(i, 0x70);
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "settle it: SysWOW64\\webio.dll (not there)"));

  auto winner_old = i;
  add_winner(winner_old, "webio.dll", "wow64", rtm);
  CHECK(judged(winner_old).verdict == Verdict::fail);

  auto staged = i;
  staged.servicing.packages.clear();
  add_package(staged, 0x40);
  CHECK(judged(staged).verdict == Verdict::fail);

  auto unlisted = i;
  unlisted.servicing.packages.clear();
  CHECK(judged(unlisted).verdict == Verdict::undetermined);  // a missing entry is no state
  add_package(unlisted, 0x70, rollup_x64);
  CHECK(judged(unlisted).verdict == Verdict::undetermined);

  auto no_software = i;
  remove_hive(no_software, windows::HiveName::software);
  no_software.servicing.packages.clear();
  CHECK(judged(no_software).verdict == Verdict::undetermined);
}

TEST_CASE("Without files the winners of the component store decide") {
  auto i = registry_only();
  for (const char* arch : {"amd64", "x86"}) add_winner(i, "winhttp.dll", arch, feature);
  for (const char* arch : {"amd64", "wow64"}) add_winner(i, "webio.dll", arch, feature);
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::pass);
  CHECK(says(row, "component store"));
  add_package(i, 0x40);
  CHECK(judged(i).verdict == Verdict::pass);  // Winners stand above CBS
  i.servicing.winners.at(3).version = rtm;
  i.servicing.winners.at(3).version_text = to_string(rtm);
  row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(says(row, "webio.dll (wow64) 6.1.7601.17514"));
}

TEST_CASE("Winners of one module alone do not prove the other") {
  auto i = registry_only();
  add_winner(i, "winhttp.dll", "amd64", feature);
  add_package(i, 0x70, rollup_x64);
  CHECK(judged(i).verdict == Verdict::undetermined);
  i.servicing.packages.clear();
  const Finding row = judged(i);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "the component store has winhttp.dll (amd64) 6.1.7601.23375"));
  add_package(i, 0x70);
  CHECK(judged(i).verdict == Verdict::undetermined);
  add_winner(i, "winhttp.dll", "x86", feature);
  add_winner(i, "webio.dll", "wow64", feature);
  CHECK(judged(i).verdict == Verdict::undetermined);
  CHECK(says(judged(i), "webio.dll (64-bit) (not listed)"));
  add_winner(i, "webio.dll", "amd64", feature);
  CHECK(judged(i).verdict == Verdict::pass);
  i.servicing.packages.clear();
  add_package(i, 0x05);
  CHECK(judged(i).verdict == Verdict::warn);
}

TEST_CASE("Without files and winners the state of the package decides") {
  const std::vector<std::pair<std::uint32_t, Verdict>> states = {
      {0x80, Verdict::pass},
      {0x70, Verdict::pass},
      {0x50, Verdict::pass},
      {0x60, Verdict::fail},
      {0x65, Verdict::fail},
      {0x05, Verdict::fail},
      {0x40, Verdict::fail},
      {0x30, Verdict::fail},
      {0x20, Verdict::fail},
      {0x10, Verdict::fail},
      {0x00, Verdict::fail},
      {0x75, Verdict::undetermined},
      {0xFFFFFFED, Verdict::undetermined}};
  for (const auto& [state, verdict] : states) {
    auto i = registry_only();
    add_package(i, state);
    const Finding row = judged(i);
    INFO(std::hex << state << ": " << row.message);
    CHECK(row.verdict == verdict);
    std::ostringstream number;
    number << "0x" << std::hex << state;
    CHECK(says(row, number.str()));
  }
  auto stateless = registry_only();
  stateless.servicing.packages.push_back(package(package_x64, std::nullopt));
  CHECK(judged(stateless).verdict == Verdict::undetermined);
}

TEST_CASE("The top-level package decides and the best state over others") {
  auto i = registry_only();
  add_package(i, 0x40, "Package_1_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1");
  add_package(i, 0x40);
  add_package(i, 0x70, "Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.2");
  CHECK(judged(i).verdict == Verdict::pass);
}

TEST_CASE("Entries that do not count neither decide nor hide a later update") {
  struct Case {
    const char* identity;
    std::uint32_t state;
    Verdict alone;
  };
  const std::vector<Case> cases = {
      {"Package_for_KB3140245~31bf3856ad364e35~x86~~6.1.1.1", 0x70, Verdict::fail},
      {"Package_for_KB3140245~31bf3856ad364e35~amd64~~6.2.1.1", 0x70, Verdict::fail},
      {"Package_1_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", 0x40, Verdict::fail},
      {"Package_for_KB3140245_SP1~31bf3856ad364e35~amd64~~6.1.1.1", 0x40, Verdict::fail},
      {"Package_1_for_KB3140245~31bf3856ad364e35~x86~~6.1.1.1", 0x70, Verdict::fail},
      // Installed, and without the package it belongs to: the evidence contradicts itself.
      {"Package_2_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", 0x70, Verdict::undetermined},
      {"Package_for_KB3140245_SP1~31bf3856ad364e35~amd64~~6.1.1.1", 0x80, Verdict::undetermined},
  };
  for (const Case& c : cases) {
    INFO(c.identity);
    auto i = registry_only();
    add_package(i, c.state, c.identity);
    Finding row = judged(i);
    CHECK(row.verdict == c.alone);
    CHECK(says(row, "CBS: no entry"));
    add_package(i, 0x70, rollup_x64);
    CHECK(judged(i).verdict == Verdict::undetermined);
    add_package(i, 0x40);
    row = judged(i);
    CHECK(row.verdict == Verdict::fail);
    CHECK(says(row, "0x40"));
  }
}

TEST_CASE("Updates that may hold the files leave the question open where they are installed") {
  for (const char* kb : {"3125574", "3161608", "3161949", "3172605", "3179573", "4012215"}) {
    INFO(kb);
    const std::string name = std::string("Package_for_KB") + kb + "~31bf3856ad364e35~";
    auto i = registry_only();
    add_package(i, 0x70, name + "amd64~~6.1.1.4");
    CHECK(judged(i).verdict == Verdict::undetermined);
    i.servicing.packages.clear();
    add_package(i, 0x40, name + "amd64~~6.1.1.4");
    add_package(i, 0x70, name + "x86~~6.1.1.4");
    CHECK(judged(i).verdict == Verdict::fail);
  }
}

TEST_CASE("Without an entry a later rollup leaves it open and an empty list fails") {
  auto i = registry_only();
  CHECK(judged(i).verdict == Verdict::fail);
  add_package(i, 0x40, rollup_x64);
  CHECK(judged(i).verdict == Verdict::fail);
  i.servicing.packages.at(0).state = 0x70;
  const Finding row = judged(i);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "need winhttp.dll and webio.dll"));
}

TEST_CASE("Without servicing data or SOFTWARE it is undetermined and says what would settle it") {
  auto i = registry_only();
  i.servicing.packages_presence = Presence::absent;
  Finding row = judged(i);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "winhttp.dll and webio.dll"));
  remove_hive(i, windows::HiveName::software);
  row = judged(i);
  CHECK(row.verdict == Verdict::undetermined);
  CHECK(says(row, "SOFTWARE is missing"));
}

TEST_CASE("Files alone decide though SOFTWARE is missing") {
  auto i = windows_7();
  remove_hive(i, windows::HiveName::software);
  CHECK(judged(i).verdict == Verdict::fail);
  set_files(i, feature);
  CHECK(judged(i).verdict == Verdict::pass);
}

TEST_CASE("Where the architecture is unknown good System32 files are half the proof") {
  auto i = windows_7();
  i.os.architecture = Architecture::unknown;
  set_files(i, feature);
  i.servicing.files.resize(2);
  add_package(i, 0x70, rollup_x64);
  CHECK(judged(i).verdict == Verdict::undetermined);
  file(i, View::native, "webio.dll").version = rtm;
  CHECK(judged(i).verdict == Verdict::fail);
}

TEST_CASE("Before SP1 the update cannot be installed and after Windows 8 it is built in") {
  CHECK(says(judged(fresh(Family::windows_7, 7600)), "needs SP1"));
  CHECK(judged(fresh(Family::windows_7, 7600)).verdict == Verdict::fail);
  for (const Family family : {Family::windows_8_1, Family::windows_10}) {
    CHECK(judged(fresh(family, 9600)).verdict == Verdict::not_applicable);
  }
}

TEST_CASE("Where sources contradict each other about SP1 nothing is decided") {
  for (const windows::FileVersion version : {rtm, feature}) {
    auto i = windows_7();
    set_files(i, version);
    i.os.sp1 = {Presence::unknown, "", "no service pack by build 7600; Service Pack 1 by the rest"};
    const Finding row = judged(i);
    CHECK(row.verdict == Verdict::undetermined);
    CHECK(says(row, "os.servicing-level names them"));
    CHECK_FALSE(row.rests_on_files);
  }
}

TEST_CASE("A build of no list is judged by its files alone") {
  auto i = windows_7();
  i.os.build = 8400;
  i.os.unlisted_build = true;
  CHECK(judged(i).verdict == Verdict::fail);
  CHECK(says(judged(i), "8400"));
  set_files(i, feature);
  CHECK(judged(i).verdict == Verdict::pass);
  file(i, View::native, "webio.dll").presence = Presence::absent;
  CHECK(judged(i).verdict == Verdict::undetermined);
  for (const std::uint32_t state : {0x70U, 0x40U}) {
    auto hives = registry_only();
    hives.os.build = 8400;
    hives.os.unlisted_build = true;
    add_package(hives, state);
    CHECK(judged(hives).verdict == Verdict::undetermined);
  }
}

TEST_CASE("A file that is missing from a whole folder is damage, whatever the registry says") {
  auto i = windows_7();
  set_files(i, feature);
  auto& winhttp = file(i, View::native, "winhttp.dll");
  winhttp.presence = Presence::absent;
  winhttp.version.reset();
  winhttp.lost = true;
  add_package(i, 0x70);
  const Finding row = judged(i);
  CHECK(row.verdict == Verdict::fail);
  CHECK(
      says(row, "System32\\winhttp.dll (missing from a folder that is whole otherwise: damaged)"));
  CHECK(row.rests_on_files);
}

TEST_CASE("Windows without WoW64 needs the files and winners of one view") {
  auto i = windows_7();
  i.os.wow64 = Presence::absent;
  i.servicing.files.resize(2);
  set_files(i, feature);
  CHECK(judged(i).verdict == Verdict::pass);
  i = registry_only();
  i.os.wow64 = Presence::absent;
  for (const char* module : {"winhttp.dll", "webio.dll"}) add_winner(i, module, "amd64", feature);
  CHECK(judged(i).verdict == Verdict::pass);
  i.os.wow64 = Presence::unknown;
  CHECK(judged(i).verdict == Verdict::undetermined);
}

TEST_CASE("For Windows RT there is no package to name") {
  const Finding row = judged(fresh(Family::windows_8, 9200, Architecture::arm));
  CHECK(row.verdict == Verdict::fail);
  CHECK(row.evidence.back().find("Windows RT 8.1") != std::string::npos);
  CHECK(row.evidence.back().find("dism") == std::string::npos);
}

TEST_CASE("A missing update names the file to install") {
  const Finding row = judged(windows_7());
  REQUIRE(!row.evidence.empty());
  CHECK(row.evidence.back().find("windows6.1-kb3140245-x64_") != std::string::npos);
  CHECK(row.evidence.back().find("dism /image:") != std::string::npos);
}

TEST_CASE("A policy that does not ask for KB3140245 gets no row") {
  Policy policy = builtin_policy("baseline");
  policy.require_kb3140245 = false;
  CHECK(rows_of(evaluate(windows_7(), policy, today), id).empty());
}

}  // namespace
}  // namespace goldhive::policy
