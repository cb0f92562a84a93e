#include "src/cli/counting_storage.h"

#include <catch2/catch.hpp>

#include "tests/cli/memory_storage.h"

namespace goldhive::tests {
namespace {

const std::vector<std::string> nobody;  // files that the user vouches for

TEST_CASE("Every read through a counting storage is counted and nothing else is changed") {
  MemoryStorage files;
  files.put("dir/file", std::string("0123456789"));
  cli::IoCounter counter;
  const cli::CountingReadStorage storage(files, counter, nobody);
  CHECK(storage.stat("dir/file")->size == 10);
  CHECK(storage.list("dir").size() == 1);
  CHECK(counter.read().reads == 0);
  {
    const auto source = storage.open("dir/file");
    CHECK(source->name() == "dir/file");
    CHECK(source->size() == 10);
    CHECK(source->read(2, 3) == Bytes{'2', '3', '4'});
  }
  const auto again = storage.open("dir/file");
  again->read(0, 10);
  CHECK(counter.read().reads == 2);
  CHECK(counter.read().bytes == 13);
  CHECK(files.changes().empty());
}

TEST_CASE("A file that is read from front to back is told of once it is worth it") {
  constexpr std::size_t mega = 1 << 20;
  MemoryStorage files;
  files.put("big", Bytes(40 * mega));
  cli::IoCounter counter;
  cli::CountingStorage storage(files, counter, nobody);
  const auto source = storage.open("big");
  const auto pass_to = [&](std::size_t end) { source->read(end * mega - 10, 10); };
  for (std::size_t at = 1; at <= 15; ++at) pass_to(at);
  CHECK_FALSE(counter.long_read());
  pass_to(20);  // skipping counts
  const auto reading = counter.long_read();
  REQUIRE(reading);
  CHECK(reading->file == "big");
  CHECK(reading->done == 20 * mega);
  CHECK(reading->total == 40 * mega);
  CHECK_FALSE(reading->writing);

  storage.create("new")->write(0, Bytes(10));
  pass_to(30);
  CHECK(counter.long_read()->writing);
  CHECK(counter.long_read()->number == reading->number);

  pass_to(10);  // a step back begins another read, which is not long yet
  CHECK_FALSE(counter.long_read());
  pass_to(40);
  CHECK(counter.long_read()->done == 30 * mega + 10);
  CHECK(counter.long_read()->total == 30 * mega + 10);
  CHECK(counter.long_read()->number != reading->number);
}

}  // namespace
}  // namespace goldhive::tests
