// Where undo files lie and how they are numbered.
#include "imgtools/change/undo_place.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>

#include "imgtools/bytes/error.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/support/error_of.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/host.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::error_of;
using goldhive::testing::FaultyStorage;
using goldhive::testing::TempDir;

namespace {

const Bytes original(9000, 'o');
const std::string image = "/d/disk.vhd";
const std::string undo_path = "/d/disk.vhd.goldhive-undo";
const JournalPlace place{"/d", "disk.vhd", {undo_path}, true};

/// Returns the path of the undo file.
std::string patch_at(FaultyStorage& storage, const JournalPlace& where, std::uint64_t offset,
                     std::uint8_t byte) {
  return transact(storage, where, {{{image, 0, {offset, Bytes{byte}}}}, {}}, "", nullptr);
}

}  // namespace

TEST_CASE("an undo file of another name is not taken for one of the stack") {
  FaultyStorage storage;
  storage.put(image, original);
  for (const char* name : {".02", ".x", ".2x", ".new", "2", ".1", ".0", ".99999999999999999999"}) {
    storage.put(undo_path + name, Bytes{1});
  }
  CHECK_FALSE(newest_undo_file(storage, place));
  CHECK(next_undo_file(storage, place, undo_path) == undo_path);
}

TEST_CASE("undo files are numbered beyond 32 bits, and a last number is the last") {
  FaultyStorage storage;
  storage.put(image, original);
  storage.put(undo_path + ".4294967296", Bytes{1});
  CHECK(newest_undo_file(storage, place) == undo_path + ".4294967296");
  CHECK(next_undo_file(storage, place, undo_path) == undo_path + ".4294967297");
  storage.put(undo_path + ".18446744073709551615", Bytes{1});
  CHECK(error_of([&] { next_undo_file(storage, place, undo_path); }).kind() == ErrorKind::refused);
}

TEST_CASE("the place of a tree is beside it and of a file beside what a link to it names") {
  if (!testing::host_makes_links()) return;
  const TempDir dir;
  dir.make_directory("tree");
  dir.write("real/disk.vhd", "x");
  std::filesystem::create_symlink("real/disk.vhd", dir / "link");
  const auto storage = host_read_storage();

  const JournalPlace tree = place_of(*storage, dir / "tree/", dir / "tree/", {});
  CHECK(tree.root == dir / "tree");
  CHECK(tree.file.empty());
  CHECK(tree.undo_paths == std::vector<std::string>{dir / "tree.goldhive-undo"});

  const JournalPlace link = place_of(*storage, dir / "link", dir / "link", {});
  CHECK(link.root == dir / "real");
  CHECK(link.file == "disk.vhd");
  CHECK(link.undo_paths == std::vector<std::string>{dir / "real/disk.vhd.goldhive-undo"});

  const JournalPlace root = place_of(*storage, "/", "/", {true, "", "/state", ""});
  REQUIRE(root.undo_paths.size() == 1);
  CHECK(root.undo_paths[0].starts_with("/state/root-"));

  const UndoOptions in_undo{true, "/undo", "/state", ""};
  const JournalPlace named = place_of(*storage, dir / "tree", "/a/tree", in_undo);
  REQUIRE(named.undo_paths.size() == 1);
  CHECK(named.undo_paths[0].starts_with("/undo/tree-"));
  CHECK(place_of(*storage, dir / "tree/", "/a/tree/", in_undo).undo_paths == named.undo_paths);

  const JournalPlace part = place_of(*storage, dir / "tree", "/a/tree", {true, "", "", "/a"});
  CHECK(part.root == dir / "tree");
  REQUIRE(part.undo_paths.size() == 1);
  CHECK(part.undo_paths[0].starts_with("/a-"));
}

TEST_CASE("where nothing can be written beside the target the fallback takes the undo file") {
  const TempDir dir;
  const auto storage = host_storage();
  JournalPlace two{dir.path(), "x", {"/proc/none/x.goldhive-undo", dir / "state/x.undo"}, true};
  CHECK(writable_undo_path(*storage, two).path == dir / "state/x.undo");
  CHECK(storage->list(dir / "state").empty());
  two.undo_paths.pop_back();
  const Error e = error_of([&] { writable_undo_path(*storage, two); });
  CHECK(e.kind() == ErrorKind::refused);
  CHECK(e.message().find("--undo-dir") != std::string::npos);
}

TEST_CASE("the numbers of undo files go on from place to place, and the newest is found at any") {
  FaultyStorage storage;
  storage.put(image, original);
  patch_at(storage, place, 10, 'a');
  const std::string elsewhere = "/state/disk.vhd-12345678.goldhive-undo";
  const JournalPlace full{"/d", "disk.vhd", {elsewhere, undo_path}, true};
  CHECK(patch_at(storage, full, 20, 'b') == elsewhere + ".2");
  const JournalPlace both{"/d", "disk.vhd", {undo_path, elsewhere}, true};
  const std::vector<UndoFile> files = undo_files(storage, both);
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == elsewhere + ".2");
  CHECK(files[0].place == elsewhere);
  CHECK(files[1].path == undo_path);
  CHECK(patch_at(storage, both, 30, 'c') == undo_path + ".3");
  for (int i = 0; i < 3; ++i) undo(storage, both, *newest_undo_file(storage, both), false);
  CHECK(storage.contents(image) == original);
}

TEST_CASE("what is no file has no number, and no undo file takes its name") {
  FaultyStorage storage;
  storage.put(image, original);
  patch_at(storage, place, 10, 'a');
  storage.put(undo_path + ".7/in a folder", Bytes{1});
  CHECK(newest_undo_file(storage, place) == undo_path);
  CHECK(next_undo_file(storage, place, undo_path) == undo_path + ".8");
}

TEST_CASE("of two undo files with one number, of older versions, the one written last is newer") {
  const TempDir dir;
  const auto storage = host_storage();
  for (const char* name : {"x.goldhive-undo", "other.goldhive-undo"}) {
    storage->create(dir / name);
    std::filesystem::last_write_time(
        dir / name, std::filesystem::file_time_type::clock::now() -
                        std::chrono::hours(std::string_view(name) == "x.goldhive-undo" ? 2 : 1));
  }
  const JournalPlace both{
      dir.path(), "x", {dir / "x.goldhive-undo", dir / "other.goldhive-undo"}, true};
  CHECK(newest_undo_file(*storage, both) == dir / "other.goldhive-undo");
}
