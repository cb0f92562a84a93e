#include "imgtools/change/watching_storage.h"

#include <catch2/catch.hpp>

#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal.h"
#include "tests/support/faulty_storage.h"

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

TEST_CASE("A patch that ends between two hives is noticed by its journal") {
  FaultyStorage disk;
  disk.put("/d/SOFTWARE", Bytes(5000, 'a'));
  disk.put("/d/SYSTEM", Bytes(5000, 'a'));
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
