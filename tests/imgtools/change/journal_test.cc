#include "imgtools/change/journal.h"

#include <catch2/catch.hpp>

#include "imgtools/bytes/error.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/support/error_of.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/hive_like.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::error_of;
using goldhive::testing::FaultyStorage;
using goldhive::testing::PowerCut;
using goldhive::testing::RecordingStorage;
using goldhive::testing::TempDir;

namespace {

const Bytes original = goldhive::testing::hive_like(Bytes(10000, 'o'));
const std::string hive = "/m/img/config/SYSTEM";
const std::string hive_journal = "/m/img/config/SYSTEM.goldhive-journal";
const JournalPlace beside{"/m/img", "", {"/m/img.goldhive-undo"}, true};

FaultyStorage disk() {
  FaultyStorage storage;
  storage.put(hive, original);
  return storage;
}

HostChange change(const std::string& path = hive) {
  return {{{path, 0, {5000, Bytes{'n', 'e', 'w'}}}}, {{path, 12000}}};
}

Bytes patched() {
  Bytes data = original;
  data.resize(12000);
  std::fill_n(data.begin() + 5000, 1, 'n');
  data[5001] = 'e';
  data[5002] = 'w';
  return data;
}

/// A disk on which the patch died after it had written everything.
FaultyStorage died() {
  FaultyStorage storage = disk();
  try {
    transact(storage, beside, change(), "", [&](const ReadStorage&) {
      storage.fail_at(0, goldhive::testing::Fault::cut_before);
      storage.stat(hive);
    });
  } catch (const PowerCut&) {
  }
  storage.reboot(goldhive::testing::Loss::all, 0);
  return storage;
}

}  // namespace

TEST_CASE("a transaction changes the files and turns its journal into the undo file") {
  FaultyStorage storage = disk();
  bool hot_during = false;
  const std::string undo_file = transact(storage, beside, change(), "why", [&](const ReadStorage&) {
    hot_during = storage.exists(hive_journal);
    CHECK(storage.contents(hive) == patched());
  });
  CHECK(hot_during);
  CHECK(undo_file == "/m/img.goldhive-undo");
  CHECK(storage.contents(hive) == patched());
  CHECK(storage.paths() == std::vector<std::string>{undo_file, hive});

  const Journal journal = Journal::decode(storage.open(undo_file), {});
  CHECK(journal.folder() == "config");
  CHECK(journal.metadata() == "why");
  REQUIRE(journal.targets().size() == 1);
  CHECK(journal.targets()[0].name == "SYSTEM");
  CHECK(journal.targets()[0].old_size == 10000);
  CHECK(journal.targets()[0].new_size == 12000);
  REQUIRE(journal.records().size() == 1);
  CHECK(journal.records()[0].offset == 4096);
  CHECK(journal.records()[0].length == 4096);
}

TEST_CASE("a caller's check that fails rolls everything back and its reason comes out") {
  FaultyStorage storage = disk();
  const Error e = error_of([&] {
    transact(storage, beside, change(), "",
             [](const ReadStorage&) { throw Error(ErrorKind::refused, "the rescan disagrees"); });
  });
  CHECK(e.message() == "the rescan disagrees");
  CHECK(storage.contents(hive) == original);
  CHECK(storage.paths() == std::vector<std::string>{hive});
}

TEST_CASE("a cut-off patch is read through in its old state without a write and then recovered") {
  FaultyStorage storage = died();
  CHECK(storage.contents(hive) == patched());
  storage.fail_at(0, goldhive::testing::Fault::none);
  {
    const ReadThroughStorage view(storage);
    CHECK(view.stat(hive)->size == original.size());
    const auto source = view.open(hive);
    CHECK(source->size() == original.size());
    CHECK(source->read(0, original.size()) == original);
    CHECK(source->read(4999, 3) == Bytes{'o', 'o', 'o'});
    REQUIRE(view.journals().size() == 1);
    CHECK(view.journals()[0].journal == hive_journal);
    CHECK(view.journals()[0].file == hive);
    CHECK(view.journals()[0].fits);
  }
  CHECK(storage.writes() == 0);

  CHECK(recover(storage, hive, false) == hive_journal);
  CHECK(storage.contents(hive) == original);
  CHECK_FALSE(storage.exists(hive_journal));
}

TEST_CASE("a hot journal stands in the way of a new transaction and of an undo") {
  FaultyStorage storage = disk();
  const std::string undo_file = transact(storage, beside, change(), "", nullptr);
  storage.put(hive_journal, storage.contents(undo_file));
  const Error patch = error_of([&] { Transaction(storage, beside, change(), ""); });
  CHECK(patch.kind() == ErrorKind::refused);
  CHECK(patch.where() == hive_journal);
  CHECK(error_of([&] { undo(storage, beside, undo_file, false); }).kind() == ErrorKind::refused);
}

TEST_CASE("a journal that does not fit the file beside it is refused and force overrides") {
  FaultyStorage storage = died();
  Bytes other = patched();
  other[4100] = 'x';  // in a touched block, not a byte of ours
  storage.put(hive, other);
  const ReadThroughStorage view(storage);
  const Error read = error_of([&] { view.open(hive); });
  CHECK(read.kind() == ErrorKind::refused);
  CHECK(read.message().find("SYSTEM has a byte at 0x1004") != std::string::npos);
  REQUIRE(view.journals().size() == 1);
  CHECK_FALSE(view.journals()[0].fits);
  CHECK(error_of([&] { recover(storage, hive, false); }).kind() == ErrorKind::refused);
  CHECK(storage.contents(hive) == other);
  CHECK(recover(storage, hive, true) == hive_journal);
  CHECK(storage.contents(hive) == original);
}

TEST_CASE("a file of another size than the journal knows is refused") {
  FaultyStorage storage = died();
  storage.put(hive, Bytes(9999, 'o'));
  CHECK(error_of([&] { recover(storage, hive, false); }).kind() == ErrorKind::refused);
  storage.put(hive, Bytes(12001, 'o'));
  CHECK(error_of([&] { recover(storage, hive, false); }).kind() == ErrorKind::refused);
}

TEST_CASE("a file that was cut off is not rolled back by force, and stays as it is") {
  FaultyStorage storage = died();
  const Bytes shorter(9999, 'o');
  storage.put(hive, shorter);
  const Error forced = error_of([&] { recover(storage, hive, true); });
  CHECK(forced.kind() == ErrorKind::refused);
  CHECK(forced.message().find("9999 bytes long and was 10000") != std::string::npos);
  CHECK(storage.contents(hive) == shorter);
  CHECK(storage.exists(hive_journal));
}

TEST_CASE("a damaged journal is an error to every reader and never rolled back") {
  FaultyStorage storage = died();
  const Bytes whole = storage.contents(hive_journal);
  const ReadThroughStorage view(storage);
  for (const std::size_t at : {0u, 9u, 17u, 30u, 70u, 300u}) {
    INFO(at);
    Bytes damaged = whole;
    damaged[at] ^= 1;
    storage.put(hive_journal, damaged);
    CHECK_THROWS_AS(view.open(hive), Error);
    CHECK_THROWS_AS(recover(storage, hive, true), Error);
    CHECK(storage.contents(hive) == patched());
    CHECK(view.stat(hive)->size == 12000);
  }
  for (const std::size_t length : {std::size_t{0}, std::size_t{63}, whole.size() - 1}) {
    storage.put(hive_journal, Bytes(whole.begin(), whole.begin() + static_cast<long>(length)));
    CHECK(error_of([&] { view.open(hive); }).kind() == ErrorKind::corrupt);
  }
  Bytes newer = whole;
  newer[8] = 2;
  storage.put(hive_journal, newer);
  CHECK(error_of([&] { view.open(hive); }).kind() == ErrorKind::unsupported);
}

TEST_CASE("an unfinished journal means untouched files and is cleared away") {
  const Bytes begun{'g', 'o', 'l', 'd', 'h', 'i', 'v', 'e', 1};
  FaultyStorage storage = disk();
  storage.put(hive_journal + ".new", begun);
  CHECK_FALSE(find_hot_journal_of(storage, hive));
  CHECK_FALSE(recover(storage, hive, false));
  CHECK(storage.paths() == std::vector<std::string>{hive});
  storage.put(hive_journal + ".new", begun);
  transact(storage, beside, change(), "", nullptr);
  CHECK(storage.paths() == std::vector<std::string>{"/m/img.goldhive-undo", hive});
}

TEST_CASE("two files change as one and either of them finds their journal") {
  FaultyStorage storage = disk();
  const std::string other = "/m/img/config/SOFTWARE";
  storage.put(other, original);
  HostChange both = change();
  both.edits.push_back({other, 0, {10, Bytes{'x'}}});
  {
    Transaction transaction(storage, beside, both, "");
    CHECK(transaction.journal() == "/m/img/config/goldhive-journal");
    transaction.write();
    CHECK(find_hot_journal_of(storage, other)->target == 0);
    CHECK(find_hot_journal_of(storage, hive)->target == 1);
    storage.put("/m/img/config/SAM", original);
    CHECK_FALSE(find_hot_journal_of(storage, "/m/img/config/SAM"));
  }
  CHECK(storage.contents(other) == original);
  CHECK(storage.contents(hive) == original);
  CHECK_FALSE(storage.exists("/m/img/config/goldhive-journal"));
}

TEST_CASE("a lone file renamed together with its journal is still recovered") {
  FaultyStorage storage = died();
  storage.rename(hive, "/m/img/config/SYSTEM2");
  storage.rename(hive_journal, "/m/img/config/SYSTEM2.goldhive-journal");
  CHECK(recover(storage, "/m/img/config/SYSTEM2", false));
  CHECK(storage.contents("/m/img/config/SYSTEM2") == original);
}

TEST_CASE(
    "a transaction that makes no sense or has no room is refused before anything is written") {
  FaultyStorage storage = disk();
  storage.put("/m/img/other/SYSTEM", original);
  storage.fail_at(0, goldhive::testing::Fault::none);
  const auto refusal = [&](HostChange bad) {
    return error_of([&] { Transaction(storage, beside, std::move(bad), ""); }).kind();
  };
  CHECK(refusal({}) == ErrorKind::usage);
  CHECK(refusal({{{hive, 0, {9999, Bytes(2)}}}, {}}) == ErrorKind::usage);
  CHECK(refusal({{{hive, 0, {~0ULL, Bytes(2)}}}, {}}) == ErrorKind::usage);
  CHECK(refusal({{}, {{hive, 9999}}}) == ErrorKind::usage);
  CHECK(refusal({{{hive, 0, {0, Bytes(1)}}, {"/m/img/other/SYSTEM", 0, {0, Bytes(1)}}}, {}}) ==
        ErrorKind::refused);
  CHECK(refusal({{{"/m/absent", 0, {0, Bytes(1)}}}, {}}) == ErrorKind::not_found);
  storage.set_free_space(4096);
  CHECK(refusal(change()) == ErrorKind::refused);
  storage.set_free_space(1 << 20);
  const auto held = storage.open_write(hive);
  CHECK(refusal(change()) == ErrorKind::refused);
  CHECK(storage.writes() == 0);
}

TEST_CASE("on the host a patch keeps the inode and writes only the changed blocks") {
  const TempDir dir;
  const std::string path = dir.write("tree/config/SYSTEM", original);
  const auto inode = host_storage()->stat(path)->inode;
  RecordingStorage storage(host_storage());
  const JournalPlace place = place_of(storage, dir / "tree", dir / "tree", {});
  const std::string undo_file = transact(storage, place, change(path), "", nullptr);
  CHECK(undo_file == dir / "tree.goldhive-undo");
  CHECK(dir.read("tree/config/SYSTEM") == patched());
  CHECK(host_storage()->stat(path)->inode == inode);
  CHECK(storage.count("open_write") == 1);
  CHECK(storage.list(dir / "tree/config").size() == 1);
  undo(storage, place, undo_file, false);
  CHECK(dir.read("tree/config/SYSTEM") == original);
  CHECK(storage.list(dir.path()).size() == 1);
}

TEST_CASE("a recording storage shows that reading through a journal opens nothing for writing") {
  const TempDir dir;
  const std::string path = dir.write("SYSTEM", original);
  RecordingStorage storage(host_storage());
  const ReadThroughStorage view(storage);
  view.open(path)->read(0, 10);
  CHECK(storage.count("open") == 1);
  CHECK(storage.changes().empty());
  storage.open_write(path);
  CHECK(storage.changes().size() == 1);
}
