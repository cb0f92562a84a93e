#include "src/target/target_name.h"

#include <catch2/catch.hpp>

#include "tests/support/faulty_storage.h"

namespace goldhive::tests {
namespace {

using target::split_target;
using target::TargetName;

TargetName asks_for(const std::string& selector) { return {"target", selector}; }

std::string rest_of_split(const ReadStorage& storage, const std::string& text) {
  const TargetName name = split_target(storage, text);
  CHECK(name.id_of(name.selector) == text);
  return name.selector;
}

}  // namespace

TEST_CASE("A name is split where a file of the host ends") {
  testing::FaultyStorage storage;
  storage.put("/srv/disk.vhd", Bytes{1});
  storage.put("/srv/odd@2:p1.vhd", Bytes{1});
  CHECK(rest_of_split(storage, "/srv/disk.vhd").empty());
  CHECK(rest_of_split(storage, "/srv/disk.vhd:p2") == ":p2");
  CHECK(rest_of_split(storage, "/srv/disk.vhd:p2:/Windows.old") == ":p2:/Windows.old");
  CHECK(rest_of_split(storage, "/srv/disk.vhd/sources/install.wim@2") == "/sources/install.wim@2");
  CHECK(rest_of_split(storage, "/srv/odd@2:p1.vhd").empty());
  CHECK(rest_of_split(storage, "/srv/odd@2:p1.vhd@3") == "@3");
  CHECK(rest_of_split(storage, "/srv/none.vhd:p2").empty());
}

TEST_CASE("What would lie in a folder is no part of it, but an installation in a folder is") {
  testing::FaultyStorage storage;
  storage.put("/srv/win7/SOFTWARE", Bytes{1});
  CHECK(rest_of_split(storage, "/srv/win7/none").empty());
  CHECK(rest_of_split(storage, "/srv/win7:/Windows.old") == ":/Windows.old");
}

TEST_CASE("A selector may be in the volume that it names, that it lies in or that it holds") {
  CHECK(asks_for("").may_be_in(""));
  CHECK(asks_for("").may_be_in(":p2"));
  CHECK(asks_for(":p2").may_be_in(":p2"));
  CHECK(asks_for(":p2:/Windows.old").may_be_in(":p2"));
  CHECK(asks_for(":/Windows.old").may_be_in(""));
  CHECK(asks_for("/sources/install.wim").may_be_in("/sources/install.wim@2"));
  CHECK(asks_for("/disk.vhd").may_be_in("/disk.vhd:p1"));
  CHECK_FALSE(asks_for(":p2").may_be_in(":p1"));
  CHECK_FALSE(asks_for("@10").may_be_in("@1"));
  CHECK_FALSE(asks_for("@1").may_be_in("@10"));
  CHECK_FALSE(asks_for("@2").may_be_in(""));
  CHECK_FALSE(asks_for("/sources/install").may_be_in("/sources/install.wim@2"));
}

TEST_CASE("A selector selects the installation that it names and those that it holds") {
  CHECK(asks_for("").selects(":p2:/Windows.old"));
  CHECK(asks_for(":p2").selects(":p2"));
  CHECK(asks_for(":p2").selects(":p2:/Windows.old"));
  CHECK(asks_for("/sources/install.wim").selects("/sources/install.wim@2"));
  CHECK_FALSE(asks_for(":p2:/Windows.old").selects(":p2"));
  CHECK_FALSE(asks_for(":p2").selects(":p20"));
  CHECK_FALSE(asks_for("@1").selects("@10"));
}

TEST_CASE("A selector names a folder of one volume") {
  CHECK(asks_for(":p2:/Windows.old").folder_in(":p2") == "Windows.old");
  CHECK(asks_for(":/Windows.old/a").folder_in("") == "Windows.old/a");
  CHECK(asks_for(":p2:/Windows.old").folder_in(":p1").empty());
  CHECK(asks_for(":p2").folder_in(":p2").empty());
}

TEST_CASE("Ids are put together from a path and taken apart again") {
  const TargetName name{"disk.vhd", ":p2"};
  CHECK(name.id_of(":p2:/Windows.old") == "disk.vhd:p2:/Windows.old");
  CHECK(name.rest_of("disk.vhd:p2:/Windows.old") == ":p2:/Windows.old");
  CHECK(target::image_number("/sources/install.wim@12") == "12");
  CHECK_FALSE(target::image_number(":p2"));
}

}  // namespace goldhive::tests
