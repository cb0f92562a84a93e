#include "imgtools/disk/split_raw.h"

#include <fmt/format.h>

#include "imgtools/formats.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// A disk with an empty partition table, which is enough to be known as one.
Bytes raw_disk(std::size_t size) {
  Bytes disk(size);
  for (std::size_t i = 512; i < disk.size(); ++i) disk[i] = static_cast<std::uint8_t>(i / 100);
  disk[510] = 0x55;
  disk[511] = 0xaa;
  disk[450] = 7;  // one partition of NTFS
  put_u32(disk, 454, 1);
  put_u32(disk, 458, static_cast<std::uint32_t>(size / 512 - 1));
  return disk;
}

void put_pieces(FaultyStorage& storage, const Bytes& disk, std::size_t piece, int first) {
  int number = first;
  for (std::size_t at = 0; at < disk.size(); at += piece) {
    const auto end = std::min(disk.size(), at + piece);
    storage.put(fmt::format("/d/x.{:03}", number++),
                Bytes(disk.begin() + static_cast<std::ptrdiff_t>(at),
                      disk.begin() + static_cast<std::ptrdiff_t>(end)));
  }
}

}  // namespace

TEST_CASE("a raw disk in pieces reads as the whole, from 000 or 001 on") {
  const Bytes disk = raw_disk(20'480);
  for (const int first : {0, 1}) {
    FaultyStorage storage;
    put_pieces(storage, disk, 7000, first);
    const std::string name = first == 0 ? "/d/x.000" : "/d/x.001";
    CHECK(detect_format(storage, name) == "split");
    const auto split = SplitDisk::open(storage, name, {});
    CHECK(split->host_files().size() == 3);
    CHECK(content(*split) == disk);
    CHECK(reads_alike_in_pieces(*split, 777));
    CHECK_FALSE(split->write_refusal().empty());
    CHECK(is_opened_with_another(storage, first == 0 ? "/d/x.001" : "/d/x.002"));
    CHECK_FALSE(is_opened_with_another(storage, name));
  }
}

TEST_CASE("a piece that is missing, short or long is an error by its name") {
  const Bytes disk = raw_disk(40'960);
  FaultyStorage storage;
  put_pieces(storage, disk, 10'000, 1);
  const auto why_not = [](const FaultyStorage& with) {
    return std::string(error_of([&] { SplitDisk::open(with, "/d/x.001", {}); }).what());
  };
  FaultyStorage gap = storage;
  gap.remove("/d/x.003");
  CHECK_THAT(why_not(gap), Catch::Contains("its piece 3 is missing: the last one is /d/x.005"));
  FaultyStorage cut = storage;
  cut.put("/d/x.002", Bytes(9'999));
  CHECK_THAT(why_not(cut), Catch::Contains("/d/x.002") && Catch::Contains("another size"));
  FaultyStorage longer = storage;
  longer.put("/d/x.005", Bytes(10'001));
  CHECK_THAT(why_not(longer), Catch::Contains("/d/x.005"));
  FaultyStorage empty = storage;
  empty.put("/d/x.005", Bytes());
  CHECK_THAT(why_not(empty), Catch::Contains("/d/x.005"));
}

TEST_CASE("later pieces without their first are told as that, and rotated logs are not") {
  FaultyStorage storage;
  put_pieces(storage, raw_disk(3 << 20), 1 << 20, 1);
  CHECK_THAT(error_of([&] { open_image(storage, "/d/x.003"); }).what(),
             Catch::Contains("a later piece of a split disk: give the first one (/d/x.001)"));
  storage.remove("/d/x.001");
  CHECK(detect_format(storage, "/d/x.003") == "a piece of a split disk");
  CHECK_THAT(error_of([&] { open_image(storage, "/d/x.003"); }).what(),
             Catch::Contains("the first one is missing (/d/x.001)"));
  for (const char* name : {"/l/log.002", "/l/log.003"}) storage.put(name, Bytes(1000, 'l'));
  CHECK(detect_format(storage, "/l/log.003").empty());
}

TEST_CASE("a name that ends in a number is no piece by itself") {
  FaultyStorage storage;
  storage.put("/d/x.001", raw_disk(4096));
  CHECK(detect_format(storage, "/d/x.001") == "raw");
  storage.put("/d/y.002", raw_disk(4096));
  CHECK(detect_format(storage, "/d/y.002") == "raw");
  CHECK_FALSE(is_opened_with_another(storage, "/d/y.002"));
  // Of a set whose first is no disk, none is a part of a disk.
  storage.put("/d/z.001", Bytes(4096, 'x'));
  storage.put("/d/z.002", raw_disk(4096));
  CHECK_FALSE(is_opened_with_another(storage, "/d/z.002"));
}
