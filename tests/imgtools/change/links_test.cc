#include "imgtools/change/links.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "tests/support/every_stop.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;
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
