#include "imgtools/change/watching_storage.h"

#include <catch2/catch.hpp>

#include "imgtools/change/journal.h"
#include "imgtools/change/read_through.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/hive_like.h"

using namespace goldhive;
using goldhive::testing::FaultyStorage;

TEST_CASE("A scan knows which file that it read is another one now") {
  FaultyStorage disk;
  disk.put("/d/a", Bytes(10, 'a'));
  disk.put("/d/b", Bytes(10, 'b'));
  const WatchingStorage watching(disk);
  watching.open("/d/a");
  CHECK(watching.changed().empty());
  SECTION("a file that was not read does not count") {
    disk.put("/d/b", Bytes(11, 'b'));
    CHECK(watching.changed().empty());
  }
  SECTION("another size") {
    disk.open_write("/d/a")->resize(11);
    CHECK(watching.changed() == "/d/a");
  }
  SECTION("another file") {
    disk.put("/d/a", Bytes(10, 'a'));
    CHECK(watching.changed() == "/d/a");
  }
  SECTION("no file") {
    disk.remove("/d/a");
    CHECK(watching.changed() == "/d/a");
  }
}

TEST_CASE("A hive in a file whose base block is another one at the end is noticed") {
  // A disk in memory has no times, as some file systems have none that can be relied on.
  constexpr std::size_t base_block = 3 * 4096;
  Bytes disk_of_hives(8 * 4096);
  for (const std::size_t at : {std::size_t{0}, base_block}) {
    const Bytes signature = {'r', 'e', 'g', 'f', 7, 0, 0, 0, 7};
    std::copy(signature.begin(), signature.end(),
              disk_of_hives.begin() + static_cast<std::ptrdiff_t>(at));
  }
  FaultyStorage disk;
  disk.put("/d/disk", disk_of_hives);
  const WatchingStorage watching(disk);
  const auto source = watching.open("/d/disk");
  CHECK(source->size() == disk_of_hives.size());
  const auto write = [&disk](std::size_t at) { disk.open_write("/d/disk")->write(at, Bytes{8}); };
  SECTION("one that was not read does not count") {
    source->read(0, 4096);
    write(base_block + 4);
    CHECK(watching.changed().empty());
  }
  SECTION("one that was read in the middle of others counts") {
    source->read(100, 6 * 4096);
    CHECK(watching.changed().empty());
    write(base_block + 8);
    CHECK(watching.changed() == "/d/disk");
  }
  SECTION("what was read first counts") {
    source->read(base_block, 4096);
    write(base_block + 4);
    source->read(base_block, 4096);
    CHECK(watching.changed() == "/d/disk");
  }
  SECTION("what is no base block does not count") {
    source->read(4096, 4096);
    write(4096 + 4);
    CHECK(watching.changed().empty());
  }
}

TEST_CASE("A patch that ends between two hives is noticed by its journal") {
  FaultyStorage disk;
  disk.put("/d/SOFTWARE", goldhive::testing::hive_like(Bytes(5000, 'a')));
  disk.put("/d/SYSTEM", goldhive::testing::hive_like(Bytes(5000, 'a')));
  HostChange change;
  change.edits = {{"/d/SOFTWARE", 0, {7, Bytes{'n'}}}, {"/d/SYSTEM", 0, {7, Bytes{'n'}}}};
  Transaction patch(disk, {"/d", "", {}, false}, change, "");
  patch.write();
  const WatchingStorage watching(disk);
  const ReadThroughStorage reads(watching);
  CHECK(reads.open("/d/SOFTWARE")->read(7, 1) == Bytes{'a'});
  patch.commit();
  CHECK(reads.open("/d/SYSTEM")->read(7, 1) == Bytes{'n'});
  CHECK(watching.changed() == "/d/goldhive-journal");
}
