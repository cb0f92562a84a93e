// A journal of a folder that somebody else made, or that lies there by mistake: it may concern the
// hives of the folder that the command has opened, and nothing else.
#include "imgtools/change/hive_targets.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/support/error_of.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/forged_journal.h"
#include "tests/support/hive_like.h"
#include "tests/support/host.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

const Bytes hive = hive_like(Bytes(8192, 'c'));
const std::string software = "/d/SOFTWARE";
const std::string system_hive = "/d/SYSTEM";
const std::string journal = "/d/goldhive-journal";

/// A journal of SYSTEM and of `name`, by which the first block of the latter would become 'e'. It
/// fits what is there.
Bytes evil_journal(const std::string& name, const Bytes& content, const std::string& folder = "") {
  const std::size_t block = std::min<std::size_t>(content.size(), 4096);
  const Bytes start(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(block));
  return forged_journal({{"SYSTEM", 8192, 8192}, {name, content.size(), content.size()}},
                        {{1, 0, Bytes(block, 'e'), {{0, start}}}}, folder);
}

FaultyStorage with(const std::string& name, const Bytes& content) {
  FaultyStorage storage;
  storage.put(system_hive, hive);
  storage.put(journal, evil_journal(name, content));
  storage.put("/d/" + name, content);
  return storage;
}

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

Bytes padded(const std::string& text) {
  Bytes bytes = bytes_of(text);
  bytes.resize(8192, 'c');
  return bytes;
}

struct Variant {
  std::string name;
  Bytes content;
  std::string why;
};

std::vector<Variant> variants() {
  const std::string ours = "a file of goldhive";
  const std::string log = "the log of a hive that it does not name";
  const std::string beside = "a file that Windows keeps beside a hive";
  const std::string other = "no registry hive";
  return {
      {disk_inside("disk.vmdk"), hive, ours},
      {disk_inside("SYSTEM"), hive, ours},
      {"SAM.goldhive-journal", hive, ours},
      {unfinished("SAM.goldhive-journal"), hive, ours},
      {"SAM.goldhive-undo", hive, ours},
      {original_of("SAM.goldhive-undo.2"), hive, ours},
      {ReplacementNames("SAM").old, hive, ours},
      {ReplacementNames("SAM").record, hive, ours},
      {"SAM.LOG1", hive, log},
      {"sam.log", hive, log},
      {"TM.blf", hive, beside},
      {"x.regtrans-ms", hive, beside},
      {"Security.evtx", padded(std::string("ElfFile\0", 8)), other},
      {"disk.vmdk", padded("KDMV"), other},
      {"notes.txt", Bytes(8192, 'c'), other},
      {"half", padded("regf"), other},  // no bin follows
      {"short", bytes_of("regf"), other},
      {"empty", {}, other},
  };
}

}  // namespace

TEST_CASE("a folder's journal is rolled back in hives of any name") {
  for (const char* name : {"SOFTWARE", "anything.bin"}) {
    FaultyStorage storage = with(name, hive);
    const std::string file = std::string("/d/") + name;
    CHECK(ReadThroughStorage(storage).open(file)->read(0, 1) == Bytes{'e'});
    CHECK(recover(storage, system_hive, false, {file}) == journal);
    CHECK(storage.contents(file)[0] == 'e');
  }
}

TEST_CASE("a log belongs to a hive in any case of letters, and to no other") {
  CHECK(is_log_of("SYSTEM.LOG1", "SYSTEM"));
  CHECK(is_log_of("system.log2", "SYSTEM"));
  CHECK(is_log_of("SYSTEM.LOG", "system"));
  CHECK_FALSE(is_log_of("SYSTEM", "SYSTEM"));
  CHECK_FALSE(is_log_of("SYSTEM.LOG3", "SYSTEM"));
  CHECK_FALSE(is_log_of("SYSTEM.LOG1", "SYS"));
  CHECK_FALSE(is_log_of("SYSTEM.LOG1", "SYSTEM.LOG1"));
}

TEST_CASE("an undo file of a lone hive may name the logs of that hive, and nothing else") {
  const std::string undo_file = "/d/SYSTEM.goldhive-undo";
  const JournalPlace lone{"/d", "SYSTEM", {undo_file}, true};
  struct Case {
    const char* name;
    bool believed;
  };
  for (const Case& one : {Case{"system.log1", true}, Case{"SYSTEM.LOG2", true},
                          Case{"SAM.LOG1", false}, Case{"SAM", false}}) {
    INFO(one.name);
    FaultyStorage storage = with(one.name, hive);
    storage.put(undo_file, storage.contents(journal));
    storage.remove(journal);
    const std::string file = std::string("/d/") + one.name;
    if (one.believed) {
      CHECK(undo(storage, lone, undo_file, false).changed);
      CHECK(storage.contents(file)[0] == 'e');
      continue;
    }
    const Error error = error_of([&] { undo(storage, lone, undo_file, true); });
    CHECK(error.kind() == ErrorKind::refused);
    CHECK(error.message().find("names other files than the target") != std::string::npos);
    CHECK(storage.contents(file) == hive);
  }
}

TEST_CASE("a folder's journal that names anything but a hive is refused by every door") {
  for (const Variant& variant : variants()) {
    INFO(variant.name);
    FaultyStorage storage = with(variant.name, variant.content);
    const std::string file = "/d/" + variant.name;
    const Error read = error_of([&] { ReadThroughStorage(storage).open(system_hive); });
    CHECK(read.kind() == ErrorKind::refused);
    CHECK(read.message().find(variant.why) != std::string::npos);
    for (const bool force : {false, true}) {
      const Error error = error_of([&] { recover(storage, system_hive, force, {file}); });
      CHECK(error.kind() == ErrorKind::refused);
    }
    const HostChange change{{{system_hive, 0, {5000, Bytes(1, 'p')}}}, {}};
    CHECK_THROWS_AS(transact(storage, {"/d", "", {}, false}, change, "", nullptr), Error);
    CHECK(storage.contents(file) == variant.content);
    CHECK(storage.contents(system_hive) == hive);
  }
}

TEST_CASE("who vouches for a folder's journal may have a damaged hive put back, and no more") {
  for (const Variant& variant : variants()) {
    INFO(variant.name);
    FaultyStorage storage = with(variant.name, variant.content);
    storage.vouch_for(journal);
    const std::string file = "/d/" + variant.name;
    if (variant.why == "no registry hive") {
      if (variant.content.empty()) continue;  // no block of it can be named
      CHECK(recover(storage, system_hive, false, {file}) == journal);
      CHECK(storage.contents(file)[0] == 'e');
    } else {
      CHECK_THROWS_AS(recover(storage, system_hive, true, {file}), Error);
      CHECK(storage.contents(file) == variant.content);
    }
  }
}

TEST_CASE("a folder's journal that names a file twice is refused") {
  FaultyStorage storage;
  storage.put(system_hive, hive);
  storage.put(journal, evil_journal("SYSTEM", hive));
  CHECK(error_of([&] { recover(storage, system_hive, true); }).kind() == ErrorKind::refused);
  CHECK(storage.contents(system_hive) == hive);
}

TEST_CASE("a folder's journal is not rolled back in a hive that the command did not open") {
  FaultyStorage storage = with("SAM", hive);
  storage.put(software, hive);
  for (const bool force : {false, true}) {
    const Error error = error_of([&] { recover(storage, system_hive, force, {software}); });
    CHECK(error.kind() == ErrorKind::refused);
    CHECK(error.where() == journal);
    CHECK(error.message().find("is about SAM as well") != std::string::npos);
  }
  CHECK(storage.contents("/d/SAM") == hive);
  CHECK(storage.exists(journal));
}

TEST_CASE("a folder's journal never reaches through a link, nor into a folder") {
  if (!host_makes_links()) return;
  const TempDir dir;
  const std::string hive_file = dir.write("tree/SYSTEM", hive);
  dir.write("outside", hive);
  fs::create_symlink("../outside", dir / "tree/link");
  dir.make_directory("tree/folder");
  const auto storage = host_storage();
  for (const char* name : {"link", "folder"}) {
    INFO(name);
    dir.write("tree/goldhive-journal", evil_journal(name, hive));
    fs::permissions(dir / "tree/goldhive-journal", fs::perms::owner_read);
    const Error error =
        error_of([&] { recover(*storage, hive_file, true, {dir / "tree" + "/" + name}); });
    CHECK(error.kind() == ErrorKind::refused);
    fs::permissions(dir / "tree/goldhive-journal", fs::perms::owner_all);
  }
  CHECK(dir.read("outside") == hive);
}

TEST_CASE("a file that has the name of a hive only while it is locked is not written") {
  const TempDir dir;
  const std::string system_file = dir.write("d/SYSTEM", hive);
  const std::string software_file = dir.write("d/SOFTWARE", hive);
  const Bytes mail(8192, 'm');
  dir.write("d/mail", mail);
  dir.write("d/goldhive-journal", evil_journal("SOFTWARE", hive));
  fs::permissions(dir / "d/goldhive-journal", fs::perms::owner_read | fs::perms::owner_write);
  RecordingStorage storage(host_storage());
  bool swapped = false;
  storage.before_each([&](const RecordingStorage::Call& call, Storage&) {
    if (swapped) {
      fs::rename(software_file, dir / "d/mail");
      fs::rename(dir / "d/aside", software_file);
      swapped = false;
    } else if (call.name == "open_write" && call.path == software_file) {
      fs::rename(software_file, dir / "d/aside");
      fs::rename(dir / "d/mail", software_file);
      swapped = true;
    }
  });
  CHECK(error_of([&] { recover(storage, system_file, true, {software_file}); }).kind() ==
        ErrorKind::refused);
  CHECK(dir.read("d/mail") == mail);
  CHECK(dir.read("d/SOFTWARE") == hive);
}

TEST_CASE("an undo file of a tree that names anything but a hive is not believed") {
  const std::string undo_file = "/d.goldhive-undo";
  const JournalPlace tree{"/d", "", {undo_file}, true};
  for (const Variant& variant : variants()) {
    INFO(variant.name);
    FaultyStorage storage = with(variant.name, variant.content);
    storage.put(undo_file, storage.contents(journal));
    storage.remove(journal);
    CHECK(error_of([&] { undo(storage, tree, undo_file, true); }).kind() == ErrorKind::refused);
    CHECK(storage.contents("/d/" + variant.name) == variant.content);
  }
}

TEST_CASE("an undo file of a tree is no record of a replacement") {
  const std::string undo_file = "/d.goldhive-undo";
  FaultyStorage storage;
  const Bytes old(8192, 'o');
  storage.put(system_hive, hive);
  storage.put(undo_file, forged_record("SYSTEM", old, hive));
  storage.put(original_of(undo_file), old);
  const Error error = error_of([&] {
    undo(storage, {"/d", "", {undo_file}, true}, undo_file, true);
  });
  CHECK(error.kind() == ErrorKind::refused);
  CHECK(storage.contents(system_hive) == hive);
}
