#include "imgtools/change/holding_storage.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "tests/support/error_of.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;
using goldhive::testing::error_kind_of;
using goldhive::testing::FaultyStorage;

namespace {

const std::string image = "/d/disk.img";
constexpr std::uint64_t page = PagesRead::page_size;

/// Three pages and a bit, and a storage that has read the second page and the end of the file.
struct Patch {
  Patch() {
    disk.put(image, Bytes(3 * page + 10, 'o'));
    const auto source = holding.open(image);
    source->read(page + 5, 3);
    source->read(3 * page + 9, 1);
  }
  void change(std::uint64_t offset) {
    const Bytes byte{'x'};
    disk.open_write(image)->write(offset, byte);
  }
  FaultyStorage disk;
  HoldingStorage holding{disk};
};

}  // namespace

TEST_CASE("A file that changed since it was read is not opened for writing") {
  Patch patch;
  SECTION("a byte beside those that were read, in their page") { patch.change(2 * page - 1); }
  SECTION("in the piece of a page at the end") { patch.change(3 * page); }
  SECTION("its size") { patch.disk.open_write(image)->resize(3 * page + 11); }
  SECTION("it was cut off") { patch.disk.open_write(image)->resize(page); }
  SECTION("another file has its name") { patch.disk.put(image, Bytes(3 * page + 10, 'p')); }
  CHECK(error_kind_of([&] { patch.holding.open_write(image); }) == ErrorKind::refused);
  CHECK(error_kind_of([&] { patch.holding.hold(image); }) == ErrorKind::refused);
}

TEST_CASE("Bytes that nobody read may change before a file is opened for writing") {
  Patch patch;
  patch.change(0);
  patch.change(2 * page);
  CHECK_NOTHROW(patch.holding.open_write(image));
}

TEST_CASE("A page that reads otherwise the second time is an error") {
  Patch patch;
  patch.change(page);
  const auto source = patch.holding.open(image);
  CHECK_NOTHROW(source->read(0, 8));
  CHECK(error_kind_of([&] { source->read(2 * page - 8, 16); }) == ErrorKind::refused);
}

TEST_CASE("What the patch writes itself does not count as changed") {
  Patch patch;
  const Bytes data(20, 'n');
  {
    const auto file = patch.holding.open_write(image);
    file->write(page + 1, data);
    file->resize(5 * page);
    file->write(3 * page, data);
  }
  CHECK(patch.holding.open(image)->read(page + 1, 20) == data);
  CHECK_NOTHROW(patch.holding.open_write(image)->resize(3 * page + 10));
  CHECK_NOTHROW(patch.holding.open(image)->read(0, 3 * page + 10));
  CHECK_NOTHROW(patch.holding.open_write(image));
}

TEST_CASE("A held file stays locked, and is lent to who opens it for writing") {
  Patch patch;
  patch.holding.hold(image);
  CHECK(error_kind_of([&] { patch.disk.open_write(image); }) == ErrorKind::refused);
  patch.holding.open_write(image)->write(0, Bytes{'n'});
  CHECK(error_kind_of([&] { patch.disk.open_write(image); }) == ErrorKind::refused);
  CHECK(patch.disk.contents(image)[0] == 'n');
}

TEST_CASE("A file that another one holds is left to open_write to refuse") {
  Patch patch;
  auto other = patch.disk.open_write(image);
  CHECK_NOTHROW(patch.holding.hold(image));
  CHECK(error_kind_of([&] { patch.holding.open_write(image); }) == ErrorKind::refused);
  other->write(page, Bytes{'x'});
  other.reset();
  CHECK(error_kind_of([&] { patch.holding.open_write(image); }) == ErrorKind::refused);
}

TEST_CASE("A new file that takes the name of one that was read starts anew") {
  Patch patch;
  patch.holding.hold(image);
  const std::string fresh = image + ".goldhive-new";
  patch.holding.create(fresh)->write(0, Bytes(page, 'n'));
  patch.holding.rename(fresh, image);
  CHECK(patch.holding.open(image)->size() == page);
  CHECK_NOTHROW(patch.holding.open_write(image));
}
