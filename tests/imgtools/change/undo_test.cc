#include "imgtools/change/undo.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>

#include "imgtools/bytes/error.h"
#include "imgtools/change/links.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo_place.h"
#include "tests/support/error_of.h"
#include "tests/support/every_stop.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/host.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::error_of;
using goldhive::testing::FaultyStorage;
using goldhive::testing::RecordingStorage;
using goldhive::testing::TempDir;

namespace {

const Bytes original(9000, 'o');
const std::string image = "/d/disk.vhd";
const std::string undo_path = "/d/disk.vhd.goldhive-undo";
const JournalPlace place{"/d", "disk.vhd", {undo_path}, true};

std::string patch(FaultyStorage& storage, std::uint64_t offset, std::uint8_t byte) {
  return transact(storage, place, {{{image, 0, {offset, Bytes{byte}}}}, {}}, "", nullptr);
}

}  // namespace

TEST_CASE("patches stack up undo files and undo works them off from the newest") {
  FaultyStorage storage;
  storage.put(image, original);
  CHECK(patch(storage, 10, 'a') == undo_path);
  const Bytes first = storage.contents(image);
  CHECK(patch(storage, 20, 'b') == undo_path + ".2");
  CHECK(patch(storage, 30, 'c') == undo_path + ".3");
  CHECK(newest_undo_file(storage, place) == undo_path + ".3");

  // Out of order: the older ones do not fit.
  CHECK(error_of([&] { undo(storage, place, undo_path, false); }).kind() == ErrorKind::refused);
  undo(storage, place, undo_path + ".3", false);
  undo(storage, place, undo_path + ".2", false);
  CHECK(storage.contents(image) == first);
  CHECK(newest_undo_file(storage, place) == undo_path);
  const UndoResult result = undo(storage, place, undo_path, false);
  CHECK(result.changed);
  CHECK(result.targets == std::vector<std::string>{image});
  CHECK(storage.contents(image) == original);
  CHECK(storage.paths() == std::vector<std::string>{image});
  CHECK_FALSE(newest_undo_file(storage, place));
}

TEST_CASE("an undo file is compared with its target as it is now") {
  FaultyStorage storage;
  storage.put("/d/disk.vhd", Bytes(100, 'x'));
  patch(storage, 10, 'a');
  CHECK(undo_fit(storage, place, undo_path) == UndoFit::patched);
  const UndoContent content = undo_content(storage, place, undo_path);
  CHECK(content.targets == std::vector<std::string>{"/d/disk.vhd"});
  CHECK(content.size == storage.contents(undo_path).size());
  const Bytes patched = storage.contents("/d/disk.vhd");
  Bytes other = patched;
  other[11] = 'b';
  storage.put("/d/disk.vhd", other);
  CHECK(undo_fit(storage, place, undo_path) == UndoFit::changed);
  storage.put("/d/disk.vhd", Bytes(100, 'x'));
  CHECK(undo_fit(storage, place, undo_path) == UndoFit::original);
  storage.remove("/d/disk.vhd");
  CHECK(undo_fit(storage, place, undo_path) == UndoFit::unknown);
}

TEST_CASE("an undo file that is not believed is not discarded") {
  FaultyStorage storage;
  storage.put("/d/disk.vhd", Bytes(100, 'x'));
  patch(storage, 10, 'a');
  FaultyStorage strange = storage;
  strange.give_away(undo_path);
  CHECK(error_of([&] { discard_undo_file(strange, place, undo_path); }).kind() ==
        ErrorKind::refused);
  CHECK(strange.exists(undo_path));
  FaultyStorage damaged = storage;
  Bytes bytes = damaged.contents(undo_path);
  bytes.back() ^= 1;
  damaged.put(undo_path, bytes);
  CHECK(error_of([&] { discard_undo_file(damaged, place, undo_path); }).kind() ==
        ErrorKind::corrupt);
  CHECK(damaged.exists(undo_path));
  const Bytes patched = storage.contents("/d/disk.vhd");
  discard_undo_file(storage, place, undo_path);
  CHECK_FALSE(storage.exists(undo_path));
  CHECK(storage.contents("/d/disk.vhd") == patched);
}

TEST_CASE("an undo needs no room where its file lies beside the target") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string undo_file = patch(storage, 10, 'a');
  storage.set_free_space(0);
  CHECK(undo(storage, place, undo_file, false).changed);
  CHECK(storage.contents(image) == original);
  CHECK(storage.paths() == std::vector<std::string>{image});
}

TEST_CASE("an undo that has no room for its journal changes nothing") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string elsewhere = "/state/disk.vhd.goldhive-undo";
  const JournalPlace there{"/d", "disk.vhd", {elsewhere}, true};
  transact(storage, there, {{{image, 0, {10, Bytes{'a'}}}}, {}}, "", nullptr);
  const Bytes patched = storage.contents(image);
  storage.set_free_space(0);
  CHECK(error_of([&] { undo(storage, there, elsewhere, false); }).kind() == ErrorKind::refused);
  CHECK(storage.contents(image) == patched);
  CHECK(storage.paths() == std::vector<std::string>{image, elsewhere});
}

TEST_CASE("a file changed since the patch is not undone unless forced") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string undo_file = patch(storage, 10, 'a');
  Bytes changed = storage.contents(image);
  changed[11] = 'z';
  storage.put(image, changed);
  CHECK(error_of([&] { undo(storage, place, undo_file, false); }).kind() == ErrorKind::refused);
  CHECK(storage.contents(image) == changed);
  CHECK(storage.exists(undo_file));
  CHECK(undo(storage, place, undo_file, true).changed);
  CHECK(storage.contents(image) == original);
}

TEST_CASE("a file cut off since the patch is not undone by force, and no journal is left") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string undo_file = patch(storage, 10, 'a');
  const Bytes shorter(original.begin(), original.end() - 1);
  storage.put(image, shorter);
  const std::vector<std::string> before = storage.paths();
  CHECK(error_of([&] { undo(storage, place, undo_file, true); }).kind() == ErrorKind::refused);
  CHECK(storage.contents(image) == shorter);
  CHECK(storage.paths() == before);
}

TEST_CASE("a growth changed since the patch is noticed") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string undo_file =
      transact(storage, place, {{{image, 0, {10000, Bytes{1}}}}, {{image, 12000}}}, "", nullptr);
  Bytes changed = storage.contents(image);
  changed[11000] = 1;
  storage.put(image, changed);
  CHECK(error_of([&] { undo(storage, place, undo_file, false); }).kind() == ErrorKind::refused);
}

TEST_CASE("an undo of what is original already only forgets the undo file") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string undo_file = patch(storage, 10, 'a');
  storage.put(image, original);
  CHECK_FALSE(undo(storage, place, undo_file, false).changed);
  CHECK_FALSE(storage.exists(undo_file));
}

TEST_CASE("an image renamed or moved together with its undo file is still undone") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string undo_file = patch(storage, 10, 'a');
  storage.put("/e/new.vhd", storage.contents(image));
  storage.put("/e/new.vhd.goldhive-undo", storage.contents(undo_file));
  const JournalPlace moved{"/e", "new.vhd", {"/e/new.vhd.goldhive-undo"}, true};
  CHECK(undo(storage, moved, *newest_undo_file(storage, moved), false).changed);
  CHECK(storage.contents("/e/new.vhd") == original);
}

TEST_CASE("an undo is not led out of the tree by a link") {
  if (!testing::host_makes_links()) return;
  const TempDir dir;
  const std::string hive = dir.write("tree/config/SYSTEM", original);
  const auto storage = host_storage();
  const JournalPlace tree = place_of(*storage, dir / "tree", dir / "tree", {});
  const std::string undo_file =
      transact(*storage, tree, {{{hive, 0, {0, Bytes{'p'}}}}, {}}, "", nullptr);
  const Bytes patched = dir.read("tree/config/SYSTEM");
  std::filesystem::rename(dir / "tree/config", dir / "outside");
  std::filesystem::create_symlink(dir / "outside", dir / "tree/config");
  CHECK(error_of([&] { undo(*storage, tree, undo_file, true); }).kind() == ErrorKind::refused);

  std::filesystem::remove(dir / "tree/config");
  dir.make_directory("tree/config");
  std::filesystem::create_symlink(dir / "outside/SYSTEM", dir / "tree/config/SYSTEM");
  CHECK(error_of([&] { undo(*storage, tree, undo_file, true); }).kind() == ErrorKind::refused);
  CHECK(dir.read("outside/SYSTEM") == patched);
}

namespace {

/// The image becomes `size` bytes 'n'.
std::string replace(FaultyStorage& storage, std::size_t size, const JournalPlace& where = place) {
  HostChange change;
  change.rewrite = HostRewrite{image, size, [size](const auto& put) { put(Bytes(size, 'n')); }};
  return transact(storage, where, std::move(change), "", nullptr);
}

}  // namespace

TEST_CASE("the old file of a replacement is the undo file's very own") {
  FaultyStorage storage;
  storage.put(image, original);
  const auto inode = storage.stat(image)->inode;
  const std::string kept = undo_path + ".original";
  SECTION("the same file where it has no other name") {
    storage.set_free_space(100);
    replace(storage, 100);
    CHECK(storage.stat(kept)->inode == inode);
  }
  SECTION("a reflink where it has one, which takes no room") {
    storage.link(image, "/d/other");
    storage.have_reflinks();
    storage.set_free_space(100);
    replace(storage, 100);
    CHECK(storage.stat(kept)->inode != inode);
    storage.open_write("/d/other")->write(0, Bytes(10, 'x'));
  }
  SECTION("a copy where there are no reflinks") {
    storage.link(image, "/d/other");
    storage.set_free_space(original.size() + 100);
    replace(storage, 100);
    storage.open_write("/d/other")->write(0, Bytes(10, 'x'));
  }
  CHECK(storage.stat(kept)->links == 1);
  CHECK(undo(storage, place, undo_path, false).changed);
  CHECK(storage.contents(image) == original);
}

TEST_CASE("a replacement of a file that nothing can be renamed to leaves nothing behind") {
  const TempDir dir;
  const std::string file = dir.write("mounted", original);
  RecordingStorage storage(host_storage());
  storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
    if (call.name != "rename") return;  // a mount point
    throw Error(ErrorKind::io, "Device or resource busy", call.path);
  });
  HostChange change;
  change.rewrite = HostRewrite{file, 100, [](const auto& put) { put(Bytes(100, 'n')); }};
  const JournalPlace where = place_of(storage, file, file, {});
  const Error error = error_of([&] { transact(storage, where, std::move(change), "", nullptr); });
  CHECK_THAT(error.what(), Catch::Contains("busy"));
  CHECK_THAT(error.what(), !Catch::Contains("taking it back failed"));
  CHECK(dir.read("mounted") == original);
  CHECK(storage.list(dir.path()).size() == 1);
}

TEST_CASE("a replacement asks for room for the copy of the old file before it writes") {
  FaultyStorage storage;
  storage.put(image, original);
  JournalPlace where = place;
  SECTION("beside the file") {
    storage.link(image, "/d/other");
    storage.set_free_space(original.size() + 99);
  }
  SECTION("in the folder of the undo files, on another file system") {
    storage.put("/state/something", Bytes(1));
    where.undo_paths = {"/state/disk.vhd.goldhive-undo"};
    storage.set_free_space(original.size() - 1);
  }
  const std::vector<std::string> before = storage.paths();
  const Error error = error_of([&] { replace(storage, 100, where); });
  CHECK(error.kind() == ErrorKind::refused);
  CHECK_THAT(error.what(), Catch::Contains("not enough room"));
  CHECK(storage.contents(image) == original);
  CHECK(storage.paths() == before);
}

TEST_CASE("what a patch or an undo leaves beside its undo files when it is cut off is removed") {
  FaultyStorage start;
  start.put(image, original);
  const auto rewritten = [](std::uint8_t byte) {
    HostChange change;
    change.rewrite = HostRewrite{image, 5000, [byte](const auto& put) { put(Bytes(5000, byte)); }};
    return change;
  };
  const JournalPlace elsewhere{"/d", "disk.vhd", {"/state/disk.goldhive-undo"}, true};
  for (const JournalPlace& kept : {place, elsewhere}) {
    const std::string first = kept.undo_paths.front();
    FaultyStorage patched = start;
    const auto patch_it = [&](FaultyStorage& s) { transact(s, kept, rewritten('a'), "", nullptr); };
    patch_it(patched);
    const std::string second = transact(patched, kept, rewritten('b'), "", nullptr);
    const auto undo_it = [&](FaultyStorage& s) { undo(s, kept, second, false); };
    struct Case {
      const FaultyStorage& before;
      std::function<void(FaultyStorage&)> change;
    };
    for (const Case& c : {Case{start, patch_it}, Case{patched, undo_it}}) {
      FaultyStorage finished = c.before;
      finished.fail_at(~std::uint64_t{0}, goldhive::testing::Fault::none);
      c.change(finished);
      std::uint64_t cleared = 0;
      goldhive::testing::at_every_stop(c.before, finished.operations(), c.change,
                                       [&](FaultyStorage& rebooted, std::uint64_t at) {
                                         INFO("at " << at);
                                         recover(rebooted, image, false);
                                         const std::size_t before = rebooted.paths().size();
                                         CHECK(remove_undo_leftovers(rebooted, kept).empty());
                                         if (rebooted.paths().size() < before) ++cleared;
                                         std::vector<std::string> expected = {image};
                                         for (const std::string& file : {first, second}) {
                                           if (!rebooted.exists(file)) continue;
                                           expected.push_back(file);
                                           expected.push_back(file + ".original");
                                         }
                                         std::sort(expected.begin(), expected.end());
                                         CHECK(rebooted.paths() == expected);
                                       });
      CHECK(cleared > 0);
    }
  }
}

TEST_CASE("no force takes a patch back from a file that has another size than the patch left") {
  FaultyStorage storage;
  storage.put(image, original);
  patch(storage, 10, 'a');
  for (const std::size_t size : {original.size() + 1, original.size() - 1}) {
    storage.put(image, Bytes(size, 'z'));
    const Error e = error_of([&] { undo(storage, place, undo_path, true); });
    CHECK(e.kind() == ErrorKind::refused);
    CHECK(error_of([&] { require_undo_possible(storage, place, undo_path, {}); }).kind() ==
          ErrorKind::refused);
    CHECK(storage.contents(image) == Bytes(size, 'z'));
  }
}

TEST_CASE("what an undo would be refused for is told beforehand") {
  FaultyStorage storage;
  storage.put(image, original);
  const auto why_not = [&storage] {
    return error_of([&] { require_undo_possible(storage, place, undo_path, {}); }).message();
  };
  SECTION("a file with other names") {
    patch(storage, 10, 'a');
    require_undo_possible(storage, place, undo_path, {});
    storage.link(image, "/d/other.vhd");
    CHECK(why_not().find("name") != std::string::npos);
    require_undo_possible(storage, place, undo_path, {Links::break_off, 0});
    require_undo_possible(storage, place, undo_path, {Links::refuse, 1});
  }
  SECTION("an old file that is gone") {
    replace(storage, 100);
    require_undo_possible(storage, place, undo_path, {});
    storage.remove(undo_path + ".original");
    CHECK(why_not().find("gone or damaged") != std::string::npos);
  }
  SECTION("a change that was cut off") {
    patch(storage, 10, 'a');
    storage.put(image + ".goldhive-journal", storage.contents(undo_path));
    CHECK(why_not().find("cut off") != std::string::npos);
  }
}

TEST_CASE("a patch leaves a kept original whose undo file is gone, and takes the next number") {
  FaultyStorage storage;
  storage.put(image, original);
  replace(storage, 100);
  const std::string kept = undo_path + ".original";
  storage.remove(undo_path);
  CHECK(remove_undo_leftovers(storage, place) == std::vector<std::string>{kept});
  replace(storage, 200);
  CHECK(storage.contents(kept) == original);
  CHECK(newest_undo_file(storage, place) == undo_path + ".2");
  undo(storage, place, undo_path + ".2", false);
  CHECK(storage.contents(image).size() == 100);
  CHECK(storage.paths() == std::vector<std::string>{image, kept});
}

TEST_CASE("a patch removes a kept original that holds what the file holds, and takes its number") {
  FaultyStorage storage;
  storage.put(image, original);
  storage.put(undo_path + ".original", original);
  replace(storage, 100);
  CHECK(newest_undo_file(storage, place) == undo_path);
  CHECK(storage.contents(undo_path + ".original") == original);
}

TEST_CASE("an undo leaves a kept original that holds other bytes than the file") {
  FaultyStorage storage;
  storage.put(image, original);
  replace(storage, 100);
  storage.open_write(image)->resize(0);
  storage.open_write(image)->write(0, original);
  const std::string kept = undo_path + ".original";
  storage.remove(kept);
  storage.put(kept, Bytes{'m'});
  CHECK_FALSE(undo(storage, place, undo_path, false).changed);
  CHECK(storage.contents(kept) == Bytes{'m'});
}

TEST_CASE("a file with a name that a replacement gives stays, and nothing is replaced meanwhile") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string old = image + ".goldhive-old";
  const Bytes mine{'m', 'i', 'n', 'e'};
  const auto refuses = [&](const std::function<void()>& action) {
    const Error error = error_of(action);
    CHECK(error.kind() == ErrorKind::refused);
    CHECK_THAT(error.what(), Catch::Contains(old) && Catch::Contains("rename or remove it"));
  };
  SECTION("a patch") {
    storage.put(old, mine);
    CHECK_FALSE(recover(storage, image, false));
    CHECK(foreign_leftovers(storage, image) == std::vector<std::string>{old});
    refuses([&] { replace(storage, 100); });
    HostChange change;
    change.rewrite = HostRewrite{image, 5, [](const auto& put) { put(Bytes(5, 'n')); }};
    refuses([&] { require_possible(storage, place, std::move(change), ""); });
    CHECK(storage.contents(image) == original);
  }
  SECTION("an undo") {
    replace(storage, 100);
    storage.put(old, mine);
    refuses([&] { undo(storage, place, undo_path, false); });
    CHECK(storage.contents(image).size() == 100);
  }
  SECTION("beside a record of other bytes") {
    replace(storage, 100);
    storage.put(image + ".goldhive-replacing.new", storage.contents(undo_path));
    storage.put(old, mine);
    CHECK_FALSE(recover(storage, image, false));
    CHECK(storage.paths() ==
          std::vector<std::string>{image, old, undo_path, undo_path + ".original"});
  }
  CHECK(storage.contents(old) == mine);
}

TEST_CASE("a folder or a link with a name that a replacement gives stays, too") {
  const TempDir dir;
  const std::string file = dir.write("disk", original);
  const std::unique_ptr<Storage> host = host_storage();
  Storage& storage = *host;
  for (const char* end : {".goldhive-old", ".goldhive-new", ".goldhive-replacing.new"}) {
    INFO(end);
    const std::string path = file + end;
    storage.make_directories(path);
    CHECK_FALSE(recover(storage, file, false));
    CHECK(foreign_leftovers(storage, file) == std::vector<std::string>{path});
    HostChange change;
    change.rewrite = HostRewrite{file, 5, [](const auto& put) { put(Bytes(5, 'n')); }};
    const JournalPlace where = place_of(storage, file, file, {});
    const Error error = error_of([&] { transact(storage, where, std::move(change), "", nullptr); });
    CHECK_THAT(error.what(), Catch::Contains(path) && Catch::Contains("no regular file"));
    CHECK(dir.read("disk") == original);
    CHECK(storage.stat(path));
    std::filesystem::remove(path);
  }
}

TEST_CASE("what is not known to be unfinished stays, whatever its name, and no change takes it") {
  const Bytes mine{'m', 'i', 'n', 'e'};
  const auto rewrite = [](FaultyStorage& storage) {
    HostChange change;
    change.rewrite = HostRewrite{image, 5, [](const auto& put) { put(Bytes(5, 'n')); }};
    transact(storage, place, std::move(change), "", nullptr);
  };
  const auto in_place = [](FaultyStorage& storage) { patch(storage, 10, 'a'); };
  struct Case {
    std::string path;
    std::function<void(FaultyStorage&)> change;
    bool beside_undo_files = false;
  };
  const std::vector<Case> cases = {
      {image + ".goldhive-journal.new", in_place},
      {"/d/goldhive-journal.new", in_place},
      {image + ".goldhive-new", rewrite},
      {image + ".goldhive-old.new", rewrite},
      {image + ".goldhive-replacing.new", rewrite},
      {image + ".goldhive-new", [](FaultyStorage& s) { break_links(s, image); }},
      {undo_path + ".new", in_place, true},
      {undo_path + ".2.new", in_place, true},
      {undo_path + ".original.new", rewrite, true}};
  for (const Case& c : cases) {
    INFO(c.path);
    FaultyStorage storage;
    storage.put(image, original);
    storage.put(c.path, mine);
    CHECK_FALSE(recover(storage, image, false));
    const std::vector<std::string> named = c.beside_undo_files
                                               ? remove_undo_leftovers(storage, place)
                                               : foreign_leftovers(storage, image);
    CHECK(named == std::vector<std::string>{c.path});
    try {
      c.change(storage);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::refused);
      CHECK(storage.contents(image) == original);
    }
    CHECK(storage.contents(c.path) == mine);
  }
  // The new content of a replacement is known by the old file, which is kept before it is made.
  FaultyStorage storage;
  storage.put(image, original);
  storage.put(image + ".goldhive-new", mine);
  storage.put(image + ".goldhive-old", original);
  CHECK_FALSE(recover(storage, image, false));
  CHECK(storage.paths() == std::vector<std::string>{image});
}

TEST_CASE("a kept original without an undo file stays if the target holds other bytes") {
  FaultyStorage storage;
  storage.put(image, original);
  const std::string kept = undo_path + ".2.original";
  storage.put(kept, Bytes(9000, 'x'));
  storage.put(undo_path + ".original", original);
  storage.put(undo_path + ".3.new", Bytes{'g', 'o', 'l', 'd'});
  storage.put(undo_path + ".notes.new", Bytes{1});
  storage.put(undo_path + ".3x.original", original);
  SECTION("and what is rubbish goes") {
    CHECK(remove_undo_leftovers(storage, place) == std::vector<std::string>{kept});
    CHECK(storage.paths() == std::vector<std::string>{image, kept, undo_path + ".3x.original",
                                                      undo_path + ".notes.new"});
  }
  SECTION("and nothing goes while somebody writes the target") {
    const auto writer = storage.open_write(image);
    CHECK(remove_undo_leftovers(storage, place).empty());
    CHECK(storage.paths().size() == 6);
  }
}
