// Files under our names that somebody else made: each of these attacks worked on 0.1.0.
#include "imgtools/change/own_files.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "imgtools/bytes/error.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal_format.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/replacement_record.h"
#include "imgtools/change/transact.h"
#include "imgtools/change/undo.h"
#include "tests/skip.h"
#include "tests/support/error_of.h"
#include "tests/support/faulty_storage.h"
#include "tests/support/forged_journal.h"
#include "tests/support/host.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;

namespace {

const Bytes content(8192, 'c');
const Bytes other_content(8192, 'x');
const std::string disk = "/d/disk.vhd";
const std::string journal = disk + ".goldhive-journal";
const std::string undo_path = disk + ".goldhive-undo";
const JournalPlace place{"/d", "disk.vhd", {undo_path}, true};

/// A journal by which `file`, which holds `content`, would become 'e' in its first block.
Bytes evil_journal(const std::string& name) {
  return forged_journal({{name, 8192, 8192}}, {{0, 0, Bytes(4096, 'e'), {{0, Bytes(4096, 'c')}}}});
}

FaultyStorage with(const std::string& path, const Bytes& bytes) {
  FaultyStorage storage;
  storage.put(disk, content);
  storage.put(path, bytes);
  return storage;
}

/// No door honours what lies there: readers, recover, a patch; the file stays as it is. Returns
/// what a reader is told.
Error refused_everywhere(FaultyStorage& storage) {
  const Error read = error_of([&] { ReadThroughStorage(storage).open(disk); });
  for (const bool force : {false, true}) {
    CHECK_THROWS_AS(recover(storage, disk, force), Error);
  }
  const HostChange change{{{disk, 0, {0, Bytes(1, 'p')}}}, {}};
  CHECK_THROWS_AS(transact(storage, place, change, "", nullptr), Error);
  CHECK(storage.contents(disk) == content);
  return read;
}

}  // namespace

TEST_CASE("a journal of another user is not believed unless the user vouches for it") {
  FaultyStorage storage = with(journal, evil_journal("disk.vhd"));
  storage.give_away(journal);
  const Error error = refused_everywhere(storage);
  CHECK(error.kind() == ErrorKind::refused);
  CHECK(error.where() == journal);
  CHECK(error.message().find("belongs to another user") != std::string::npos);
  CHECK(error.message().find("--trust-journal " + journal) != std::string::npos);
  storage.vouch_for(journal);
  CHECK(recover(storage, disk, false) == journal);
  CHECK(storage.contents(disk)[0] == 'e');
}

TEST_CASE("a folder's journal of another user is not believed") {
  FaultyStorage storage = with("/d/goldhive-journal", evil_journal("disk.vhd"));
  storage.give_away("/d/goldhive-journal");
  CHECK(refused_everywhere(storage).kind() == ErrorKind::refused);
}

TEST_CASE("the record of a replacement and the old file of another user are not believed") {
  const ReplacementNames names(disk);
  for (const std::string& stranger : {names.record, names.old}) {
    FaultyStorage storage = with(names.record, forged_record("disk.vhd", other_content, content));
    storage.put(names.old, other_content);
    storage.give_away(stranger);
    const Error error = refused_everywhere(storage);
    CHECK(error.kind() == ErrorKind::refused);
    CHECK(error.where() == stranger);
  }
}

TEST_CASE("an undo file of another user is not believed") {
  FaultyStorage storage = with(undo_path, evil_journal("disk.vhd"));
  storage.give_away(undo_path);
  for (const bool force : {false, true}) {
    CHECK(error_of([&] { undo(storage, place, undo_path, force); }).kind() == ErrorKind::refused);
  }
  CHECK(error_of([&] { undo_metadata(storage, place, undo_path); }).kind() == ErrorKind::refused);
  CHECK(storage.contents(disk) == content);
}

TEST_CASE("a file that the user vouches for is believed under its own name only") {
  FaultyStorage storage = with(undo_path, evil_journal("disk.vhd"));
  storage.give_away(undo_path);
  storage.vouch_for(undo_path);
  undo(storage, place, undo_path, false);
  CHECK(storage.contents(disk)[0] == 'e');
  CHECK(storage.paths() == std::vector<std::string>{disk});
}

TEST_CASE("a journal that is a link or has a second name is not believed") {
  if (!host_makes_links()) return;
  const TempDir dir;
  const std::string file = dir.write("disk.vhd", content);
  const std::string evil = dir.write("evil", evil_journal("disk.vhd"));
  const auto storage = host_storage();
  const std::string link = file + ".goldhive-journal";
  fs::create_symlink("evil", link);
  const Error linked = error_of([&] { ReadThroughStorage(*storage).open(file); });
  CHECK(linked.kind() == ErrorKind::refused);
  CHECK(linked.message().find("a symbolic link") != std::string::npos);
  CHECK(error_of([&] { recover(*storage, file, true); }).kind() == ErrorKind::refused);

  fs::remove(link);
  fs::create_hard_link(evil, link);
  const Error second = error_of([&] { ReadThroughStorage(*storage).open(file); });
  CHECK(second.message().find("2 names") != std::string::npos);
  CHECK(error_of([&] { recover(*storage, file, true); }).kind() == ErrorKind::refused);
  CHECK(dir.read("disk.vhd") == content);

  fs::remove(evil);
  CHECK(recover(*storage, file, false) == link);
}

TEST_CASE("a journal beside one file concerns that file alone") {
  const auto refusal = [](const Bytes& bytes) {
    FaultyStorage storage = with(journal, bytes);
    return refused_everywhere(storage);
  };
  const ForgedRecord record{0, 0, Bytes(4096, 'e'), {{0, Bytes(4096, 'c')}}};
  const Error two = refusal(forged_journal({{"disk.vhd", 8192, 8192}, {"t", 0, 0}}, {record}));
  CHECK(two.message().find("names other files") != std::string::npos);
  const Error inside = refusal(evil_journal(disk_inside("disk.vhd")));
  CHECK(inside.message().find("names other files") != std::string::npos);
}

TEST_CASE("a record that makes any content plausible is no record") {
  FaultyStorage storage = with(journal, forged_journal({{"disk.vhd", 8192, 8192}},
                                                       {constant_edits(0, 0, Bytes(4096, 'e'))}));
  const Error error = refused_everywhere(storage);
  CHECK(error.kind() == ErrorKind::corrupt);
  CHECK(error.message().find("writes a byte too often") != std::string::npos);
}

TEST_CASE("a journal cuts nothing off a file that it knows nothing of") {
  // Any content would fit: the journal has no byte of what lies beyond the old end.
  const auto cut_off = [](Bytes image, const std::vector<ForgedRecord>& records) {
    image.resize(256 * 1024, 'c');
    FaultyStorage storage =
        with(journal, forged_journal({{"disk.vhd", 4096, 1ULL << 62}}, records));
    storage.put(disk, image);
    try {
      ReadThroughStorage(storage).open(disk);
      recover(storage, disk, false);
    } catch (const Error& e) {
      CHECK(e.kind() == ErrorKind::refused);
      CHECK_THAT(e.what(), Catch::Contains("would be cut off"));
    }
    return storage.contents(disk).size() == 4096;
  };
  const std::string zip = "PK\3\4", vhdx = "vhdxfile";
  CHECK_FALSE(cut_off(Bytes(8192, 'c'), {}));
  CHECK_FALSE(cut_off({vhdx.begin(), vhdx.end()}, {}));
  // What the formats have that grow: a header in a record, and a zip no header.
  CHECK(cut_off(Bytes(8192, 'c'), {{0, 0, Bytes(4096, 'c'), {}}}));
  CHECK(cut_off({zip.begin(), zip.end()}, {}));
}

TEST_CASE("the journal of a folder is no matter of an image in it, even if it is damaged") {
  const TempDir dir;
  Bytes hive(8192, 's');
  std::copy_n("regf", 4, hive.begin());
  std::copy_n("hbin", 4, hive.begin() + 4096);
  const std::string software = dir.write("SOFTWARE", hive);
  const std::string image = dir.write("image", content);
  const Bytes block(hive.begin() + 4096, hive.end());
  Bytes bytes = forged_journal({{"SOFTWARE", 8192, 8192}}, {{0, 4096, block, {}}});
  const std::string path = dir.write("goldhive-journal", bytes);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  const auto reads = [&](const std::string& file) {
    const auto storage = host_read_storage();
    const ReadThroughStorage view(*storage);
    for (int i = 0; i < 3; ++i) CHECK(view.open(file)->size() == 8192);
    return view.journals().size();
  };
  CHECK(reads(software) == 1);
  CHECK(reads(image) == 0);
  // One that is damaged is an error for each hive, but for no image, of which it cannot be.
  bytes.back() ^= 1;
  dir.write("goldhive-journal", bytes);
  CHECK_THROWS_AS(ReadThroughStorage(*host_storage()).open(software), Error);
  CHECK_NOTHROW(ReadThroughStorage(*host_storage()).open(image));
}

TEST_CASE("a journal that was decoded is decoded again only when it is another file") {
  const Bytes bytes = evil_journal("disk.vhd");
  int decoded = 0;
  const auto decode = [&] {
    ++decoded;
    return Journal::decode(std::make_shared<MemorySource>(bytes, "journal"), {});
  };
  DecodedJournals journals;
  FileInfo info;
  info.changed = 1;
  for (int i = 0; i < 3; ++i) CHECK(journals.get("j", info, decode).targets().size() == 1);
  CHECK(decoded == 1);
  info.changed = 2;
  journals.get("j", info, decode);
  journals.get("other", info, decode);
  CHECK(decoded == 3);
  info.changed = 3;
  const auto fail = [&]() -> Journal {
    ++decoded;
    throw Error(ErrorKind::corrupt, "damaged");
  };
  for (int i = 0; i < 3; ++i) CHECK_THROWS_AS(journals.get("j", info, fail), Error);
  CHECK(decoded == 4);
  info.changed = 0;  // a host that does not tell
  for (int i = 0; i < 3; ++i) journals.get("j", info, decode);
  CHECK(decoded == 7);
}

TEST_CASE("a journal of holes is not read") {
  const TempDir dir;
  const std::string file = dir.write("disk.vhd", content);
  const std::string path = dir.write("disk.vhd.goldhive-journal", evil_journal("disk.vhd"));
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  fs::resize_file(path, 1ULL << 30);
  const auto storage = host_read_storage();
  if (const auto info = storage->stat(path); info->allocated == 0 || info->allocated > 1 << 20) {
    skip("no files with holes here");
    return;
  }
  const Error error = error_of([&] { open_own_file(*storage, path, file, OwnKind::written); });
  CHECK(error.kind() == ErrorKind::refused);
  CHECK_THAT(error.what(), Catch::Contains("holes"));
}

TEST_CASE("records are of whole blocks") {
  FaultyStorage storage = with(
      journal, forged_journal({{"disk.vhd", 8192, 8192}}, {{0, 1, Bytes(1, 'e'), {{0, {'c'}}}}}));
  CHECK(refused_everywhere(storage).kind() == ErrorKind::corrupt);
}

namespace {

/// Terabytes of holes after the start of a journal. Counts what is read.
class Holes final : public ByteSource {
 public:
  Holes(Bytes start, std::uint64_t size)
      : ByteSource("holes"), start_(std::move(start)), size_(size) {
    put_u64(start_, 16, size);
  }
  std::uint64_t size() const override { return size_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = offset + i < start_.size() ? start_[offset + i] : std::uint8_t{0};
    }
    bytes_read_ += out.size();
  }

 private:
  Bytes start_;
  std::uint64_t size_;
  mutable std::uint64_t bytes_read_ = 0;
};

}  // namespace

TEST_CASE("a journal far bigger than its targets is refused before it is read") {
  const auto holes = std::make_shared<Holes>(evil_journal("disk.vhd"), 200ULL << 30);
  const Error error =
      error_of([&] { Journal::decode(holes, [](const Journal&) { return std::uint64_t{8192}; }); });
  CHECK(error.kind() == ErrorKind::refused);
  CHECK(holes->bytes_read() < 1000);
  CHECK_THROWS_AS(Journal::decode(holes, {}), Error);  // holes are no records
  CHECK(holes->bytes_read() < 20000);
}

TEST_CASE("a journal has a handful of targets") {
  const std::vector<ForgedTarget> many(17, {"x", 0, 0});
  const auto source = std::make_shared<MemorySource>(forged_journal(many, {}), "journal");
  CHECK(error_of([&] { Journal::decode(source, {}); }).kind() == ErrorKind::corrupt);
}

TEST_CASE("an old file that the record does not speak of is neither read nor put back") {
  const ReplacementNames names(disk);
  const std::vector<Bytes> impostors{Bytes(8192, 'i'), Bytes(8191, 'x'), Bytes{}};
  for (const Bytes& impostor : impostors) {
    FaultyStorage storage = with(names.record, forged_record("disk.vhd", other_content, content));
    storage.put(names.old, impostor);
    const Error error = refused_everywhere(storage);
    CHECK(error.kind() == ErrorKind::refused);
    CHECK(error.where() == names.old);
    CHECK(storage.contents(names.old) == impostor);
  }
}

TEST_CASE("a record whose old file is gone stands for that file only if it is in place") {
  const ReplacementNames names(disk);
  FaultyStorage storage = with(names.record, forged_record("disk.vhd", other_content, content));
  const Error error = error_of([&] { ReadThroughStorage(storage).open(disk); });
  CHECK(error.kind() == ErrorKind::refused);
  CHECK(error_of([&] { recover(storage, disk, false); }).kind() == ErrorKind::refused);
  storage.put(disk, other_content);
  CHECK(ReadThroughStorage(storage).open(disk)->size() == other_content.size());
  CHECK(recover(storage, disk, false) == names.record);
}

TEST_CASE("the old file of a replacement is read whole once, however often it is opened") {
  const ReplacementNames names(disk);
  FaultyStorage storage = with(names.record, forged_record("disk.vhd", other_content, content));
  storage.put(names.old, other_content);
  const ReadThroughStorage view(storage);
  const auto first = view.open(disk);
  CHECK(first->read(0, 8192) == other_content);
  storage.put(names.old, content);  // the open file is another one, and was compared
  CHECK(view.open(disk)->read(0, 8192) == other_content);
  CHECK(view.journals().size() == 1);
}

TEST_CASE("an undo file that names other files than its target is not believed") {
  const ForgedRecord record{0, 0, Bytes(4096, 'e'), {{0, Bytes(4096, 'c')}}};
  const auto refusal = [&](const JournalPlace& where, const Bytes& undo_file) {
    FaultyStorage storage = with(undo_path, undo_file);
    const Error error = error_of([&] { undo(storage, where, undo_path, true); });
    CHECK(storage.contents(disk) == content);
    return error.kind();
  };
  const Bytes two = forged_journal({{"disk.vhd", 8192, 8192}, {"e", 0, 0}}, {record});
  CHECK(refusal(place, two) == ErrorKind::refused);
  const Bytes below = forged_journal({{"disk.vhd", 8192, 8192}}, {record}, "e");
  CHECK(refusal(place, below) == ErrorKind::refused);
  const JournalPlace tree{"/d", "", {undo_path}, true};
  CHECK(refusal(tree, evil_journal("disk.vmdk.goldhive-disk")) == ErrorKind::refused);
}
