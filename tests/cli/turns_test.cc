#include "src/cli/turns.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "fixtures/recipe.h"
#include "imgtools/host/storage.h"
#include "tests/cli/session.h"
#include "tests/support/host.h"
#include "tests/support/temp_dir.h"

namespace goldhive::tests {
namespace {

namespace fs = std::filesystem;
using testing::TempDir;

const std::string config = "Windows/System32/config/";

void put_tree(const TempDir& dir, const std::string& name) {
  for (const auto& [path, content] : fixtures::load_recipe("windows-7-sp1-x64").files) {
    dir.write(name + "/" + path, content);
  }
}

/// Whether `later` waits for `earlier`, which must have a lower number.
bool waits(cli::Turns& turns, std::size_t earlier, std::size_t later) {
  std::atomic<bool> began = false;
  bool waited = false;
  std::thread other;
  turns.take(earlier, [&] {
    other = std::thread([&] { turns.take(later, [&] { began = true; }); });
    for (int i = 0; i < 20 && !began; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    waited = !began;
  });
  other.join();
  CHECK(began);
  return waited;
}

struct Case {
  const char* what;
  std::string first;
  std::string second;
  const char* note;  ///< "": they share nothing
};

TEST_CASE("Targets that share files are worked on one after the other, and their reports say so") {
  const TempDir dir;
  put_tree(dir, "tree");
  dir.write("alone", std::string("regf"));
  fs::create_hard_link(dir / ("tree/" + config + "SYSTEM"), dir / "linked");
  fs::create_hard_link(dir / "linked", dir / "again");
  fs::create_directories(dir / "copy");
  fs::create_hard_link(dir / "linked", dir / "copy/SYSTEM");
  dir.write("x.vmdk", std::string("# Disk DescriptorFile\nCID=1\nparentCID=2\n"
                                  "parentFileNameHint=\"base.vmdk\"\nRW 1 FLAT \"data\" 0\n"));
  dir.write("data", Bytes(512));
  dir.write("base.vmdk", std::string("# Disk DescriptorFile\nCID=2\nparentCID=ffffffff\n"));
  std::vector<Case> cases = {
      {"spellings", dir / "alone", dir / "./alone", "is the same as "},
      {"hard links", dir / "linked", dir / "again", "is the same as "},
      {"a folder and a hive", dir / "tree", dir / ("tree/" + config + "SYSTEM"),
       "has files in common with "},
      {"a hive and its folder", dir / "linked", dir / "tree", "has files in common with "},
      {"a folder in a folder", dir / "tree", dir / "tree/Windows", "has files in common with "},
      {"folders of links", dir / "tree", dir / "copy", "has files in common with "},
      {"a disk and its part", dir / "x.vmdk", dir / "data", "has files in common with "},
      {"a disk and its parent", dir / "base.vmdk", dir / "x.vmdk", "has files in common with "},
      {"others", dir / "alone", dir / "tree", ""},
      {"what is not there", dir / "none", dir / "none either", ""}};
  if (testing::host_makes_links()) {
    fs::create_symlink("alone", dir / "link");
    cases.push_back({"a symbolic link", dir / "link", dir / "alone", "is the same as "});
  }
  const auto reads = host_read_storage();
  const auto storage = host_storage();
  std::ostringstream out;
  cli::Host host{out, out, *reads, *storage, {}, "2026-01-31", 134143776000000000, {"/", ".", ""}};
  for (const Case& c : cases) {
    INFO(c.what);
    cli::Turns turns(host, {{c.first}, {dir / "between"}, {c.second}});
    const std::string note = c.note;
    CHECK(turns.notes(0).empty());
    CHECK(turns.notes(1).empty());
    REQUIRE(turns.notes(2).size() == (note.empty() ? 0 : 1));
    if (!note.empty()) {
      CHECK(turns.notes(2).front() == note + c.first + ", and was worked on after it");
    }
    CHECK(waits(turns, 0, 2) == !note.empty());
  }
}

TEST_CASE("A patch of one file under several names says the same for any number of jobs") {
  std::string first;
  for (const std::string jobs : {"1", "4"}) {
    const TempDir dir;
    put_tree(dir, "tree");
    std::vector<std::string> arguments = {"patch", "-j", jobs,   "--all-links", "--timestamp",
                                          "1",     "-f", "json", dir / "tree"};
#ifndef _WIN32  // where a change of a hard link is not marked, and refused therefore
    fs::create_hard_link(dir / ("tree/" + config + "SYSTEM"), dir / "linked");
    arguments.push_back(dir / "linked");
#endif
    arguments.push_back(dir / "./tree");
    arguments.push_back(dir / ("tree/" + config + "SYSTEM"));
    std::ostringstream out;
    std::ostringstream err;
    cli::run(arguments, out, err);
    CHECK(err.str().empty());
    const auto report = nlohmann::json::parse(out.str());
    for (const auto& target : report["targets"]) CHECK(target["error"].is_null());
    CHECK(report["targets"][0]["installations"][0]["changed"] == true);
    CHECK(report["targets"][1]["installations"][0]["changed"] == false);
    std::string text = out.str();
    const std::string name = fs::path(dir.path()).filename().string();
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
      text.replace(at, name.size(), "DIR");
    }
    if (first.empty()) first = text;
    CHECK(text == first);
  }
}

}  // namespace
}  // namespace goldhive::tests
