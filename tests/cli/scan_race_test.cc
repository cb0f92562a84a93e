// Files that change while a scan reads them.
#include <catch2/catch.hpp>
#include <sstream>

#include "tests/cli/session.h"
#include "tests/support/recording_storage.h"

namespace goldhive::tests {
namespace {

using goldhive::testing::RecordingStorage;

const std::string config = "win7/Windows/System32/config/";

/// A Windows 7 whose files a test may change while they are read.
struct Race {
  Race() {
    Session recipe;
    recipe.put_recipe("windows-7-sp1-x64", "win7");
    storage = std::make_unique<RecordingStorage>(std::make_unique<MemoryStorage>(recipe.storage));
  }
  MemoryStorage& files() { return static_cast<MemoryStorage&>(storage->base()); }
  Outcome scan() {
    std::ostringstream out, err;
    cli::Host host{out, err,          *storage,           *storage,
                   {},  "2026-01-31", 134143776000000000, {"", ".", ""}};
    const int code = cli::run({"scan", "win7"}, host);
    return {code, out.str(), err.str()};
  }
  /// SOFTWARE grows by a page of zeros after it was opened, so many times.
  void grow_software(int times) {
    const std::string software = config + "SOFTWARE";
    storage->before_each([this, software, times, opened = false](const RecordingStorage::Call& call,
                                                                 Storage&) mutable {
      if (opened && times-- > 0) {
        files().put(software, files().text(software) + std::string(4096, '\0'));
      }
      opened = call.name == "open" && call.path == software;
    });
  }
  /// The sequence numbers of SOFTWARE go up, so many times, each time after a hive was opened. Its
  /// size stays, and so do its times, as with a program that writes through a mapping.
  void write_software(int times) {
    storage->before_each(
        [this, times, opened = false](const RecordingStorage::Call& call, Storage&) mutable {
          if (opened && times-- > 0) {
            std::string software = files().text(config + "SOFTWARE");
            ++software[4];
            ++software[8];
            files().put(config + "SOFTWARE", software);
          }
          opened = call.name == "open" && call.path == config + "SYSTEM";
        });
  }
  std::unique_ptr<RecordingStorage> storage;
};

}  // namespace

TEST_CASE("A target that changes while it is read is read once more") {
  Race race;
  REQUIRE(race.scan().code == 1);
  const std::size_t opened = race.storage->count("open");
  race.grow_software(1);
  const Outcome outcome = race.scan();
  CHECK(outcome.code == 1);
  CHECK(race.storage->count("open") > 2 * opened);
}

TEST_CASE("A target that changes each time it is read has no verdict") {
  Race race;
  race.grow_software(100);
  const Outcome outcome = race.scan();
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Catch::Contains("SOFTWARE: changed while it was read"));
  CHECK_THAT(outcome.out, !Catch::Contains("winhttp"));
}

TEST_CASE("A hive that is written while it is read is noticed though no time of the file says so") {
  Race race;
  race.write_software(1);
  CHECK(race.scan().code == 1);  // the second time nothing changes
  Race again;
  again.write_software(100);
  const Outcome outcome = again.scan();
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Catch::Contains("SOFTWARE: changed while it was read, twice"));
  CHECK_THAT(outcome.out, !Catch::Contains("winhttp"));
}

}  // namespace goldhive::tests
