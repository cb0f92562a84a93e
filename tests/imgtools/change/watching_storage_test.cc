#include "imgtools/change/watching_storage.h"

#include <catch2/catch.hpp>
#include <string_view>

#include "imgtools/change/journal.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/hive_like.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::FaultyStorage;
using goldhive::testing::TempDir;

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

TEST_CASE("A file whose first or last bytes are others at the end is noticed") {
  constexpr std::size_t size = 100000;
  FaultyStorage disk;
  disk.put("/d/x.zip", Bytes(size, 'p'));
  const WatchingStorage watching(disk);
  const auto source = watching.open("/d/x.zip");
  const auto write = [&disk](std::size_t at) {
    disk.open_write("/d/x.zip")->write(at, Bytes{'q'});
  };
  SECTION("the first ones") {
    source->read(0, 32);
    write(31);
    CHECK(watching.changed() == "/d/x.zip");
  }
  SECTION("the last ones of a file that is read in pieces") {
    for (std::size_t at = 0; at < size; at += 4096)
      source->read(at, std::min<std::size_t>(size - at, 4096));
    CHECK(watching.changed().empty());
    write(size - 4);
    source->read(size - 100, 100);
    CHECK(watching.changed() == "/d/x.zip");
  }
  SECTION("what was not read does not count") {
    source->read(1, size - 2);
    write(0);
    write(size - 1);
    CHECK(watching.changed().empty());
  }
  SECTION("what lies between them does not count, as it could be anything") {
    source->read(0, size);
    write(size / 2);
    CHECK(watching.changed().empty());
  }
}

TEST_CASE("A hive in a disk that qemu reads is noticed by its base block") {
  const TempDir dir;
  const std::string image = dir.write("disk.qcow2", Bytes(100, 'q'));
  Bytes disk(4096);
  constexpr std::string_view signature = "regf";
  std::copy(signature.begin(), signature.end(), disk.begin() + 1024);
  const std::string inside = dir.write(disk_inside("disk.qcow2"), disk);
  const auto storage = host_storage();
  const WatchingStorage watching(*storage);
  watching.open(inside)->read(512, 2048);
  CHECK(watching.changed().empty());
  storage->open_write(inside)->write(1024 + 4, Bytes{9});
  CHECK(watching.changed() == image);
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
