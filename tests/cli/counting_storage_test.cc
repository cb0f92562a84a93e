#include "src/cli/counting_storage.h"

#include <catch2/catch.hpp>

#include "tests/cli/memory_storage.h"

namespace goldhive::tests {
namespace {

TEST_CASE("Every read through a counting storage is counted and nothing else is changed") {
  MemoryStorage files;
  files.put("dir/file", std::string("0123456789"));
  const cli::CountingStorage storage(files);
  CHECK(storage.stat("dir/file")->size == 10);
  CHECK(storage.list("dir").size() == 1);
  CHECK(storage.total().reads == 0);
  {
    const auto source = storage.open("dir/file");
    CHECK(source->name() == "dir/file");
    CHECK(source->size() == 10);
    CHECK(source->read(2, 3) == Bytes{'2', '3', '4'});
  }
  const auto again = storage.open("dir/file");
  again->read(0, 10);
  CHECK(storage.total().reads == 2);
  CHECK(storage.total().bytes == 13);
  CHECK(files.changes().empty());
}

}  // namespace
}  // namespace goldhive::tests
