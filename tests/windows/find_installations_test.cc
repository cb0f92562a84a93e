#include "src/windows/find_installations.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/support/memory_tree.h"

namespace goldhive::windows {
namespace {

using goldhive::testing::MemoryTree;

const Bytes some = {'r', 'e', 'g', 'f'};

MemoryTree tree_of(const std::vector<std::string>& paths) {
  MemoryTree tree;
  for (const std::string& path : paths) tree.add(path, some);
  return tree;
}

std::vector<Place> find(const MemoryTree& tree, const std::string& target = "image") {
  return find_installations(tree, target);
}

std::vector<std::string> windows_folders(const std::vector<Place>& places) {
  std::vector<std::string> names;
  for (const Place& place : places) names.push_back(place.windows.value_or("(loose)"));
  return names;
}

TEST_CASE("an ordinary tree has one installation with both hives") {
  const auto tree =
      tree_of({"Windows/System32/config/SOFTWARE", "Windows/System32/config/SOFTWARE.LOG",
               "Windows/System32/config/SOFTWARE.LOG1", "Windows/System32/config/SYSTEM",
               "Windows/System32/config/SYSTEM.LOG2", "Windows/System32/winhttp.dll",
               "Users/x/NTUSER.DAT"});
  const auto places = find(tree);
  REQUIRE(places.size() == 1);
  const Place& place = places[0];
  CHECK(place.root.empty());
  CHECK(place.windows == "Windows");
  CHECK(place.system32 == "Windows/System32");
  CHECK_FALSE(place.loose());
  REQUIRE(place.software);
  CHECK(place.software->path == "Windows/System32/config/SOFTWARE");
  CHECK(place.software->size == 4);
  REQUIRE(place.system);
  CHECK(place.system->path == "Windows/System32/config/SYSTEM");
  CHECK(place.warnings.empty());
}

TEST_CASE("names are matched in any case and one hive is enough") {
  const auto places =
      find(tree_of({"WINNT/system32/CONFIG/software", "WINNT/system32/CONFIG/software.log"}));
  REQUIRE(places.size() == 1);
  CHECK(places[0].windows == "WINNT");
  REQUIRE(places[0].software);
  CHECK(places[0].software->path == "WINNT/system32/CONFIG/software");
  CHECK_FALSE(places[0].system);
}

TEST_CASE(
    "any folder name that holds the hives is a Windows folder and several are listed in order") {
  const auto places =
      find(tree_of({"Windows.old/Windows/System32/config/SYSTEM", "Windows/System32/config/SYSTEM",
                    "WIN7PRO/System32/config/SYSTEM", "backup/pc1/System32/config/SOFTWARE"}));
  CHECK(windows_folders(places) ==
        std::vector<std::string>{"WIN7PRO", "Windows", "Windows.old/Windows", "backup/pc1"});
  CHECK(places[2].root == "Windows.old");
  CHECK(places[3].root == "backup");
}

TEST_CASE("each volume in a folder of volumes may have a Windows.old of its own") {
  const auto places = find(tree_of(
      {"pc1/Windows/System32/config/SYSTEM", "pc1/Windows.old/Windows/System32/config/SYSTEM",
       "pc2/WINDOWS.OLD.000/WINNT/System32/config/SYSTEM", "pc2/other/deep/System32/config/SYSTEM",
       "pc2/Windows/System32/config/SYSTEM"}));
  CHECK(windows_folders(places) ==
        std::vector<std::string>{"pc1/Windows", "pc2/Windows", "pc1/Windows.old/Windows",
                                 "pc2/WINDOWS.OLD.000/WINNT", "pc2/other/deep"});
}

TEST_CASE("the tree may begin at the Windows folder, at System32, at config or at RegBack") {
  SECTION("Windows") {
    const auto places = find(tree_of({"System32/config/SYSTEM", "SysWOW64/winhttp.dll"}));
    REQUIRE(places.size() == 1);
    CHECK(places[0].windows == "");
    CHECK(places[0].system32 == "System32");
    CHECK_FALSE(places[0].loose());
  }
  SECTION("System32") {
    const auto places = find(tree_of({"config/SYSTEM", "config/SOFTWARE", "winhttp.dll"}));
    REQUIRE(places.size() == 1);
    CHECK(places[0].loose());
    CHECK(places[0].system32 == "");
    CHECK(places[0].software->path == "config/SOFTWARE");
  }
  SECTION("config") {
    const auto places = find(tree_of({"SYSTEM", "SOFTWARE", "SAM", "SYSTEM.LOG1"}), "x/config");
    REQUIRE(places.size() == 1);
    CHECK(places[0].loose());
    CHECK_FALSE(places[0].system32);
    CHECK_FALSE(places[0].regback);
    CHECK(places[0].unnamed.empty());
  }
  SECTION("RegBack") {
    const auto tree = tree_of({"SYSTEM", "SOFTWARE"});
    CHECK(find(tree, "/mnt/Windows/System32/config/RegBack").at(0).regback);
    CHECK(find(tree, "config/regback/").at(0).regback);
    CHECK_FALSE(find(tree, "config/RegBack2").at(0).regback);
  }
}

TEST_CASE("backups in RegBack are named in a warning and not scanned") {
  auto tree = tree_of({"Windows/System32/config/SYSTEM", "Windows/System32/config/RegBack/SYSTEM"});
  auto places = find(tree);
  REQUIRE(places.size() == 1);
  REQUIRE(places[0].warnings.size() == 1);
  CHECK(places[0].warnings[0].find("Windows/System32/config/RegBack") == 0);

  tree.add("Windows/System32/config/RegBack/SYSTEM", {});  // as Windows 10 leaves it
  CHECK(find(tree).at(0).warnings.empty());
}

TEST_CASE("a folder that is asked for by name is looked into and nothing else is") {
  const auto tree = tree_of({"Windows/System32/config/SYSTEM", "Windows/System32/config/SOFTWARE",
                             "Windows/System32/config/RegBack/SYSTEM", "saved/2015/SOFTWARE"});
  const auto backups = find_installations_in(tree, "disk:p2", "windows/system32/config/regback");
  REQUIRE(backups.size() == 1);
  CHECK(backups[0].regback);
  CHECK(backups[0].loose());
  CHECK(backups[0].root == "Windows/System32/config/RegBack");
  REQUIRE(backups[0].system);
  CHECK(backups[0].system->path == "Windows/System32/config/RegBack/SYSTEM");
  CHECK_FALSE(backups[0].software);
  CHECK_FALSE(find_installations_in(tree, "disk:p2", "saved/2015").at(0).regback);
  CHECK(find_installations_in(tree, "disk:p2", "saved").at(0).root == "saved/2015");
  CHECK(find_installations_in(tree, "disk:p2", "nothing").empty());
}

TEST_CASE("a folder that cannot be read is an error where no other holds a Windows") {
  auto tree = tree_of({"Windows/System32/config/SYSTEM", "other/file"});
  tree.make_unreadable("other");
  const auto places = find(tree);
  REQUIRE(places.size() == 1);
  CHECK(places[0].warnings.at(0).find("not looked into") == 0);
  CHECK(places[0].not_looked_into);

  auto unreadable = tree_of({"Windows/System32/config/SYSTEM"});
  unreadable.make_unreadable("Windows");
  CHECK_THROWS_WITH(find(unreadable), Catch::Contains("permission denied"));
}

TEST_CASE("a junction in the place of a folder of Windows is something not looked into") {
  for (const std::string link : {"Windows", "Windows/System32"}) {
    INFO(link);
    auto tree = tree_of({"Ready/Windows/System32/config/SYSTEM", "Windows/notepad.exe"});
    tree.make_junction(link);
    const auto places = find(tree);
    REQUIRE(places.size() == 1);
    REQUIRE(places[0].not_looked_into);
    CHECK_THAT(places[0].not_looked_into->what(), Catch::Contains("is a junction"));
  }
}

TEST_CASE("folders of hives below the root are found where there is no Windows") {
  const auto places = find(tree_of({"pc1/SOFTWARE", "pc1/SYSTEM", "pc2/system", "notes.txt"}));
  REQUIRE(places.size() == 2);
  CHECK(places[0].root == "pc1");
  CHECK(places[1].system->path == "pc2/system");
  CHECK(places[1].loose());
}

TEST_CASE("files of a flat folder are candidates only where no hive is known by name") {
  const auto places = find(tree_of({"SYSTEM_2016", "software.hiv", "software.hiv.LOG1", "tm.blf"}));
  REQUIRE(places.size() == 1);
  CHECK_FALSE(places[0].software);
  CHECK_FALSE(places[0].system);
  REQUIRE(places[0].unnamed.size() == 2);
  CHECK(places[0].unnamed[1].path == "software.hiv");

  CHECK(find(tree_of({"SYSTEM_2016", "SYSTEM"})).at(0).unnamed.empty());
}

TEST_CASE("a directory named like a hive is none") {
  CHECK(find(tree_of({"Windows/System32/config/SYSTEM/file", "SOFTWARE/readme"})).empty());
  CHECK(find(MemoryTree()).empty());
}

TEST_CASE("a Windows is found at any depth, and a folder of the host is searched two levels deep") {
  auto tree = tree_of({"a/Windows/System32/config/SYSTEM", "b/c/d/WINNT/System32/config/SYSTEM",
                       "b/c/d/e/f/g/System32/config/SYSTEM", "b/x/SOFTWARE"});
  CHECK(windows_folders(find(tree)) ==
        std::vector<std::string>{"a/Windows", "b/c/d/WINNT", "b/c/d/e/f/g"});
  tree.be_host_folder();
  CHECK(windows_folders(find(tree)) == std::vector<std::string>{"a/Windows"});
  auto deep = tree_of({"a/b/c/System32/config/SYSTEM", "a/b/c/d/e/f.txt"});
  deep.be_host_folder();
  CHECK(find(deep).empty());
  CHECK(deep.lists() < 10);
}

TEST_CASE("hives without a Windows are found at any depth, by name or by what they could be") {
  auto tree = tree_of({"a/b/c/SOFTWARE", "a/b/c/d/SYSTEM", "x/y/SYSTEM"});
  const auto named = find(tree);
  REQUIRE(named.size() == 2);
  CHECK(named[0].root == "x/y");
  CHECK(named[1].root == "a/b/c");
  MemoryTree other;
  other.add("a/b/c/export", Bytes(8192, 'x'));
  other.add("a/b/c/mail", Bytes(8191, 'x'));
  const auto unnamed = find(other);
  REQUIRE(unnamed.size() == 1);
  REQUIRE(unnamed[0].unnamed.size() == 1);
  CHECK(unnamed[0].unnamed[0].path == "a/b/c/export");
  other.be_host_folder();
  CHECK(find(other).empty());
}

TEST_CASE("a folder that is asked for is searched as if it were the root") {
  const auto tree = tree_of({"Windows/System32/config/SYSTEM",
                             "cases/c1/C/Windows/System32/config/"
                             "SYSTEM",
                             "cases/c2/WINNT/System32/config/SYSTEM"});
  const auto in = [&](const char* folder) {
    return windows_folders(find_installations_in(tree, "disk", folder));
  };
  CHECK(in("cases") == std::vector<std::string>{"cases/c2/WINNT", "cases/c1/C/Windows"});
  CHECK(in("Cases/C1/c") == std::vector<std::string>{"cases/c1/C/Windows"});
  CHECK(in("cases/c1/C/Windows") == std::vector<std::string>{"cases/c1/C/Windows"});
  const auto system32 = find_installations_in(tree, "disk", "cases/c1/C/Windows/System32");
  REQUIRE(system32.size() == 1);
  CHECK(system32[0].loose());
  CHECK(system32[0].system32 == "cases/c1/C/Windows/System32");
  CHECK(in("Windows/System32/config/SYSTEM").empty());
}

TEST_CASE("folders that every volume has are not searched beside a Windows") {
  const auto tree = tree_of({"Windows/System32/config/SYSTEM", "Users/a/b/c", "users/x/y",
                             "Program Files/Windows/System32/config/SYSTEM", "ProgramData/x/y",
                             "$Recycle.Bin/Windows/System32/config/SYSTEM"});
  CHECK(find(tree).size() == 1);
  CHECK(tree.lists() <= 9);  // three of them for names that differ in case only
  const auto evidence = tree_of({"Users/pc1/Windows/System32/config/SYSTEM"});
  CHECK(find(evidence).size() == 1);
}

TEST_CASE("a tree with too many folders is searched in part and says so") {
  MemoryTree tree;
  tree.add("Windows/System32/config/SYSTEM", some);
  for (int i = 0; i < 5010; ++i) tree.add_directory("data/" + std::to_string(i));
  const auto places = find(tree);
  REQUIRE(places.size() == 1);
  REQUIRE(places[0].warnings.size() == 1);
  CHECK_THAT(places[0].warnings[0], Catch::Contains("only the first 5000 folders were searched") &&
                                        Catch::Contains("name it, as in image:/folder"));
}

TEST_CASE("a search that was ended before it found anything is no answer") {
  // A tree of folders with ten folders each, all of them empty.
  class Endless final : public FileTree {
   public:
    std::vector<TreeEntry> list(const std::string&) const override {
      ++lists_;
      std::vector<TreeEntry> entries;
      for (char c = '0'; c <= '9'; ++c) entries.push_back({std::string(1, c), true, 0});
      return entries;
    }
    std::unique_ptr<ByteSource> open(const std::string&) const override { return nullptr; }
    std::size_t lists() const { return lists_; }

   private:
    mutable std::size_t lists_ = 0;
  };
  const Endless tree;
  CHECK_THROWS_WITH(find_installations(tree, "disk:p1"),
                    Catch::Contains("no Windows was found, and only the first 20000 folders"));
  CHECK(tree.lists() == 20001);
}

}  // namespace
}  // namespace goldhive::windows
