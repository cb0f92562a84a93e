#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "imgtools/host/storage_steps.h"
#include "tests/support/every_stop.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

const std::string path = "/d/file";
const std::string beside = "/d/file.new";
const Bytes before(5000, 'o');
const Bytes after(9000, 'n');

WholeFile new_file(bool replaces) {
  return {path, beside, [](WritableFile& file) { file.write(0, after); }, nullptr, replaces};
}

}  // namespace

TEST_CASE("a file that is written whole is the old one or the new one whenever the power goes") {
  for (const bool replaced : {false, true}) {
    FaultyStorage start;
    start.put("/d/other", Bytes(1));
    if (replaced) start.put(path, before);
    FaultyStorage once = start;
    const auto write_new = [&](FaultyStorage& storage) {
      write_whole_file(storage, new_file(replaced));
    };
    write_new(once);
    CHECK(once.contents(path) == after);
    CHECK_FALSE(once.exists(beside));
    std::uint64_t old_seen = 0;
    at_every_stop(start, once.operations(), write_new, [&](FaultyStorage& disk, std::uint64_t) {
      const bool is_old = replaced ? disk.contents(path) == before : !disk.exists(path);
      old_seen += is_old ? 1 : 0;
      if (!is_old) CHECK(disk.contents(path) == after);
    });
    CHECK(old_seen > 0);
  }
}

TEST_CASE(
    "what goes wrong while a file is written whole leaves the old file and nothing beside it") {
  FaultyStorage storage;
  storage.put(path, before);
  const auto refuse = [] { throw Error(ErrorKind::refused, "no"); };
  CHECK_THROWS_AS(write_whole_file(storage, {path, beside, [&](WritableFile&) { refuse(); }}),
                  Error);
  CHECK_THROWS_AS(write_whole_file(storage, {path, beside, [](WritableFile&) {}, refuse}), Error);
  CHECK(storage.paths() == std::vector<std::string>{path});
  CHECK(storage.contents(path) == before);

  CHECK_THROWS_AS(write_whole_file(storage, new_file(false)), Error);  // the name is taken
  CHECK(storage.paths() == std::vector<std::string>{path});
  CHECK(storage.contents(path) == before);

  storage.put(beside, Bytes(3));  // somebody else's
  CHECK_THROWS_AS(write_whole_file(storage, new_file(true)), Error);
  CHECK(storage.contents(beside) == Bytes(3));
}

TEST_CASE(
    "a new file whose folder cannot be synced is removed, and one that replaced another stays") {
  for (const bool replaced : {false, true}) {
    FaultyStorage start;
    start.put("/d/other", Bytes(1));
    if (replaced) start.put(path, before);
    FaultyStorage once = start;
    write_whole_file(once, new_file(replaced));
    start.fail_at(once.operations() - 1, Fault::error_once);
    CHECK_THROWS_AS(write_whole_file(start, new_file(replaced)), Error);
    CHECK(start.exists(path) == replaced);
    if (replaced) CHECK(start.contents(path) == after);
  }
}
