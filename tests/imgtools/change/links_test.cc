#include "imgtools/change/links.h"

#include <catch2/catch.hpp>
#include <functional>

#include "imgtools/bytes/error.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/support/error_of.h"
#include "tests/support/every_stop.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/hive_like.h"

using namespace goldhive;
using goldhive::testing::error_of;
using goldhive::testing::FaultyStorage;

namespace {

const std::string image = "/d/disk.img";
const Bytes content(9000, 'o');

FaultyStorage linked(const std::string& other) {
  FaultyStorage disk;
  disk.put(image, content);
  REQUIRE(disk.link(image, other));
  disk.sync_directory("/d");
  disk.sync_directory("/d/e");
  return disk;
}

/// The two hives of a tree, and a snapshot of them: other names in a folder of its own.
struct Snapshot {
  const std::string names[2] = {"SOFTWARE", "SYSTEM"};
  Bytes before = goldhive::testing::hive_like(Bytes(9000, 'o'));
  Bytes after = before;
  FaultyStorage disk;
  HostChange change;
  JournalPlace place{"/d/today", "", {"/d/today.goldhive-undo"}, true};

  Snapshot() {
    const Bytes news(3000, 'n');
    std::copy(news.begin(), news.end(), after.begin() + 5000);
    for (const std::string& name : names) {
      disk.put("/d/today/" + name, before);
      REQUIRE(disk.link("/d/today/" + name, "/d/yesterday/" + name));
      change.edits.push_back({"/d/today/" + name, 0, {5000, news}});
    }
    for (const char* folder : {"/d/today", "/d/yesterday"}) disk.sync_directory(folder);
  }
  /// What a reader sees of the snapshot is nothing, or one state. True if it is nothing.
  bool is_refused(const FaultyStorage& storage) const {
    std::vector<Bytes> seen;
    bool refused = false;
    for (const std::string& name : names) {
      try {
        const auto file = ReadThroughStorage(storage).open("/d/yesterday/" + name);
        seen.push_back(file->read(0, static_cast<std::size_t>(file->size())));
      } catch (const Error& e) {
        CHECK(e.kind() == ErrorKind::refused);
        CHECK_THAT(e.what(), Catch::Contains("under another name") &&
                                 Catch::Contains("/d/today/goldhive-journal"));
        refused = true;
      }
    }
    if (!refused) CHECK((seen[0] == seen[1] && (seen[0] == before || seen[0] == after)));
    return refused;
  }
  /// Where the journal lies, a reader always sees one state; under the other names he sees the
  /// same, or nothing, and nothing for as long as recover() may take the content back.
  void require_consistent(const FaultyStorage& storage) const {
    const auto read = [&](const std::string& path) {
      const auto file = ReadThroughStorage(storage).open(path);
      return file->read(0, static_cast<std::size_t>(file->size()));
    };
    CHECK(read("/d/today/SOFTWARE") == read("/d/today/SYSTEM"));
    const bool refused = is_refused(storage);
    if (storage.exists("/d/today/goldhive-journal")) {
      for (const std::string& name : names) {
        CHECK_THROWS_AS(ReadThroughStorage(storage).open("/d/yesterday/" + name), Error);
        CHECK_THROWS_AS(find_hot_journal_of(storage, "/d/yesterday/" + name), Error);
      }
    }
    if (!refused) CHECK(read("/d/yesterday/SYSTEM") == read("/d/today/SYSTEM"));
  }
  void recover_all(FaultyStorage& storage) const {
    for (const std::string& name : names) {
      recover(storage, "/d/today/" + name, false, {"/d/today/SOFTWARE", "/d/today/SYSTEM"});
    }
  }
  /// After recover_all().
  void require_whole(FaultyStorage& storage) const {
    CHECK_FALSE(is_refused(storage));
    CHECK(storage.contents("/d/today/SOFTWARE") == storage.contents("/d/today/SYSTEM"));
  }
};

}  // namespace

TEST_CASE("Other names of a file are counted, but for our own") {
  CHECK(other_names(linked("/d/yesterday.img"), image) == 1);
  CHECK(other_names(linked("/d/e/disk.img"), image) == 1);
  CHECK(other_names(linked("/d/disk.img.goldhive-old"), image) == 0);
  const HostChange change{{{image, 0, {1, Bytes{'n'}}}, {image, 1, {2, Bytes{'n'}}}},
                          {{image, 9000}}};
  CHECK(linked_files(linked("/d/yesterday.img"), change) == std::vector<std::string>{image});
}

TEST_CASE("Links are broken without a moment in which a byte is lost") {
  const FaultyStorage start = linked("/d/yesterday.img");
  FaultyStorage finished = start;
  finished.fail_at(~std::uint64_t{0}, goldhive::testing::Fault::none);
  break_links(finished, image);
  CHECK(other_names(finished, image) == 0);
  CHECK(finished.contents(image) == content);
  goldhive::testing::at_every_stop(
      start, finished.operations(), [&](FaultyStorage& storage) { break_links(storage, image); },
      [&](FaultyStorage& rebooted, std::uint64_t) {
        recover(rebooted, image, false);
        CHECK(rebooted.contents(image) == content);
        CHECK(rebooted.contents("/d/yesterday.img") == content);
        CHECK(rebooted.paths().size() == 2);
      });
}

TEST_CASE("An undo changes no other name that its patch did not change") {
  const JournalPlace place{"/d", "disk.img", {image + ".goldhive-undo"}, true};
  FaultyStorage disk;
  disk.put(image, content);
  const std::string undo_file =
      transact(disk, place, {{{image, 0, {0, Bytes(4096, 'n')}}}, {}}, "", nullptr);
  const Bytes patched = disk.contents(image);
  REQUIRE(disk.link(image, "/d/e/other"));
  SECTION("not at all, unless told how") {
    const Error error = error_of([&] { undo(disk, place, undo_file, false); });
    CHECK(error.kind() == ErrorKind::refused);
    CHECK_THAT(error.what(), Catch::Contains("has 1 more name ") &&
                                 Catch::Contains("--break-links") &&
                                 Catch::Contains("--all-links"));
    CHECK(error_of([&] { undo(disk, place, undo_file, true); }).kind() == ErrorKind::refused);
    CHECK(disk.contents(image) == patched);
    CHECK(disk.exists(undo_file));
  }
  SECTION("all names") {
    CHECK(undo(disk, place, undo_file, false, {Links::change_all}).separated.empty());
    CHECK(disk.contents(image) == content);
    CHECK(disk.contents("/d/e/other") == content);
  }
  SECTION("this name alone") {
    const UndoResult result = undo(disk, place, undo_file, false, {Links::break_off});
    CHECK(result.changed);
    CHECK(result.separated == std::vector<std::string>{image});
    CHECK(disk.contents(image) == content);
    CHECK(disk.contents("/d/e/other") == patched);
    CHECK(disk.stat("/d/e/other")->links == 1);
  }
  SECTION("the names that the patch changed") {
    undo(disk, place, undo_file, false, {Links::refuse, 1});
    CHECK(disk.contents("/d/e/other") == content);
  }
  SECTION("which nobody asks where nothing is to be put back") {
    disk.put(image, content);
    CHECK_FALSE(undo(disk, place, undo_file, false).changed);
  }
}

TEST_CASE("A hot journal is found by the other names of its file") {
  FaultyStorage disk = linked("/d/yesterday.img");
  const HostChange change{{{image, 0, {5, Bytes{'n'}}}}, {}};
  {
    Transaction patch(disk, {"/d", "disk.img", {}, false}, change, "");
    patch.write();
    const auto hot = find_hot_journal_of(disk, "/d/yesterday.img");
    REQUIRE(hot);
    CHECK(hot->path == image + ".goldhive-journal");
    CHECK(ReadThroughStorage(disk).open("/d/yesterday.img")->read(0, 9000) == content);
  }
  CHECK_FALSE(find_hot_journal_of(disk, "/d/yesterday.img"));
}

TEST_CASE("A change of files with other names that was cut off is seen under each of them") {
  const Snapshot start;
  const auto patch = [&](FaultyStorage& storage) {
    transact(storage, start.place, start.change, "", nullptr);
  };
  FaultyStorage patched = start.disk;
  patched.fail_at(~std::uint64_t{0}, goldhive::testing::Fault::none);
  patch(patched);
  std::uint64_t refused = 0;
  const auto judge = [&](FaultyStorage& rebooted, std::uint64_t at) {
    INFO("at " << at);
    if (start.is_refused(rebooted)) ++refused;
    start.require_consistent(rebooted);
    FaultyStorage left_alone = rebooted;
    for (const std::string& path : left_alone.paths()) {
      if (path.starts_with("/d/today")) left_alone.remove(path);
    }
    start.is_refused(left_alone);
    // Whoever recovers may be cut off as well.
    FaultyStorage again = rebooted;
    again.fail_at(at, goldhive::testing::Fault::cut_within);
    try {
      start.recover_all(again);
    } catch (const goldhive::testing::PowerCut&) {
    }
    again.reboot(goldhive::testing::Loss::arbitrary, at);
    start.require_consistent(again);
    for (FaultyStorage* storage : {&again, &rebooted}) {
      start.recover_all(*storage);
      start.require_whole(*storage);
    }
  };
  SECTION("a patch") {
    goldhive::testing::at_every_stop(start.disk, patched.operations(), patch, judge);
  }
  SECTION("an undo") {
    const auto take_back = [&](FaultyStorage& storage) {
      undo(storage, start.place, "/d/today.goldhive-undo", false, {Links::change_all});
    };
    FaultyStorage finished = patched;
    finished.fail_at(~std::uint64_t{0}, goldhive::testing::Fault::none);
    take_back(finished);
    CHECK(finished.contents("/d/yesterday/SYSTEM") == start.before);
    goldhive::testing::at_every_stop(patched, finished.operations(), take_back, judge);
  }
  CHECK(refused > 10);
}

TEST_CASE("A mark that outlived its journal is passed over where that lay, and taken away there") {
  Snapshot start;
  const std::string file = "/d/today/SYSTEM";
  const auto mark_of = [&] { return start.disk.change_mark(file).journal; };
  // The journal goes with the first removal or renaming; the mark is to be taken away after it.
  const auto stop_after_commit = [&] {
    FaultyStorage finished = start.disk;
    finished.fail_at(~std::uint64_t{0}, goldhive::testing::Fault::none);
    const auto patch = [&](FaultyStorage& disk) {
      transact(disk, start.place, start.change, "", nullptr);
    };
    patch(finished);
    for (std::uint64_t at = finished.operations(); at-- > 0;) {
      FaultyStorage disk = start.disk;
      disk.fail_at(at, goldhive::testing::Fault::cut_before);
      try {
        patch(disk);
      } catch (const goldhive::testing::PowerCut&) {
      }
      disk.reboot(goldhive::testing::Loss::none, 0);
      const bool gone = !disk.exists("/d/today/goldhive-journal");
      if (gone && !disk.change_mark("/d/today/SOFTWARE").journal.empty() &&
          !disk.change_mark(file).journal.empty()) {
        return disk;
      }
    }
    FAIL("no such moment");
    return start.disk;
  };
  start.disk = stop_after_commit();
  CHECK(start.is_refused(start.disk));
  CHECK(ReadThroughStorage(start.disk).open(file)->read(0, 9000) ==
        Bytes(start.after.begin(), start.after.begin() + 9000));
  {
    const auto writer = start.disk.open_write(file);
    CHECK_FALSE(recover(start.disk, file, false));
    CHECK_FALSE(mark_of().empty());
  }
  SECTION("by recover") { start.recover_all(start.disk); }
  SECTION("by an undo") {
    undo(start.disk, start.place, "/d/today.goldhive-undo", false, {Links::change_all});
  }
  SECTION("by another patch") {
    for (HostEdit& edit : start.change.edits) edit.write.data.assign(3, 'x');
    transact(start.disk, start.place, start.change, "", nullptr);
  }
  CHECK(mark_of().empty());
  CHECK(start.disk.change_mark("/d/today/SOFTWARE").journal.empty());
  CHECK(ReadThroughStorage(start.disk).open("/d/yesterday/SYSTEM")->size() == start.before.size());
}

TEST_CASE("Files with other names that cannot be marked are not changed in place") {
  Snapshot start;
  start.disk.have_no_marks();
  const auto message = [](const std::function<void()>& action) -> std::string {
    try {
      action();
      return "";
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::refused);
      return e.what();
    }
  };
  const std::string planned =
      message([&] { require_possible(start.disk, start.place, start.change, ""); });
  CHECK_THAT(planned, Catch::Contains("could not be marked") && Catch::Contains("--break-links"));
  const std::uint64_t before = start.disk.writes();
  CHECK(message([&] { transact(start.disk, start.place, start.change, "", nullptr); }) == planned);
  CHECK(start.disk.writes() == before);
}
