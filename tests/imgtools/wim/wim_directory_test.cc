#include <catch2/catch.hpp>

#include "fixtures/wim_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_directory.h"

using namespace goldhive;

namespace {

struct Opened {
  explicit Opened(Bytes bytes)
      : source(std::make_shared<MemorySource>(std::move(bytes), "m")),
        metadata(source),
        root(metadata, metadata.root().children) {}

  /// Where the dentry of that name stands; 0: none.
  std::uint64_t find(const std::string& name, bool exact) {
    const std::optional<WimDentry> found = root.find(name, exact);
    return found ? found->at : 0;
  }

  std::shared_ptr<MemorySource> source;
  WimMetadata metadata;
  WimDirectory root;
};

Bytes files_named(const std::vector<std::string>& names) {
  std::map<std::string, Bytes> files;
  for (const std::string& name : names) files[name] = Bytes(1, 'x');
  return fixtures::build_wim_metadata(files);
}

}  // namespace

TEST_CASE("a directory of a WIM is walked once for all names that are looked up in it") {
  std::vector<std::string> names;
  for (int i = 1000; i < 3000; ++i) names.push_back("file" + std::to_string(i));
  Opened opened(files_named(names));
  CHECK(opened.find("absent", false) == 0);
  CHECK(opened.root.size() == 2000);
  const std::uint64_t walked = opened.source->stats().reads;
  for (int i = 0; i < 100; ++i) CHECK(opened.find("absent" + std::to_string(i), false) == 0);
  CHECK(opened.source->stats().reads == walked);
  for (const std::string& name : names) REQUIRE(opened.find(name, true) != 0);
  CHECK(opened.root.size() == 2000);
}

TEST_CASE("the very name is found in a directory of a WIM before one by the case rule") {
  Opened opened(files_named({"ABC", "Abc", "abc"}));
  const std::uint64_t first = opened.metadata.root().children;
  for (const char* time : {"while it is walked", "when all of it is known"}) {
    INFO(time);
    CHECK(opened.find("ABC", false) == first);
    CHECK(opened.find("abc", true) > opened.find("Abc", true));
    CHECK(opened.find("abc", false) == opened.find("abc", true));
    CHECK(opened.find("aBC", false) == first);
    CHECK(opened.find("aBC", true) == 0);
  }
}

TEST_CASE("a name that is no UTF-16 is found as it looks in UTF-8") {
  Bytes bytes = files_named({"x"});
  const std::size_t entry = Opened(bytes).metadata.root().children;
  put_u16(bytes, entry + 102, 0xd800);
  Opened opened(bytes);
  CHECK(opened.find("\xef\xbf\xbd", true) == entry);
  CHECK(opened.find("\xef\xbf\xbd", true) == entry);
  CHECK(opened.find("x", false) == 0);
}

TEST_CASE("a broken entry of a directory does not hide those in front of it") {
  Bytes bytes = files_named({"first", "second"});
  Opened whole(bytes);
  const std::uint64_t second = whole.find("second", true);
  put_u64(bytes, static_cast<std::size_t>(second), 50);
  Opened opened(bytes);
  for (int i = 0; i < 2; ++i) {
    CHECK(opened.find("first", true) != 0);
    CHECK_THROWS_WITH(opened.find("second", true), Catch::Contains("bad length"));
  }
}
