// Our reader beside libntfs-3g, on volumes that mkntfs and libntfs-3g make: every listing, and
// every byte of every file, must be equal.
#include <random>

#include "imgtools/bytes/text.h"
#include "imgtools/host/storage.h"
#include "imgtools/ntfs/ntfs.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/imgtools/ntfs/ntfs_support.h"
#include "tests/support/ntfs_oracle.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::NtfsFile;

namespace {

constexpr std::uint64_t mib = 1 << 20;

/// What both readers say of a file, in words that can be compared.
std::string told(const FileTree& tree, const std::string& path, std::size_t piece) {
  try {
    const auto file = tree.open(path);
    std::string all = std::to_string(file->size()) + " bytes: ";
    for (std::uint64_t at = 0; at < file->size(); at += piece) {
      const Bytes part = file->read(
          at, static_cast<std::size_t>(std::min<std::uint64_t>(piece, file->size() - at)));
      all.append(part.begin(), part.end());
    }
    return all;
  } catch (const Error& e) {
    return e.kind() == ErrorKind::unsupported ? e.what() : to_string(e.kind());
  }
}

std::string upper(std::string path) { return to_utf8(nt_upcase(to_utf16(path))); }

struct Count {
  std::size_t files = 0;
  std::size_t folders = 0;
};

void compare(const FileTree& ours, const FileTree& theirs, const std::string& folder,
             std::size_t piece, Count& count) {
  INFO("the folder " << folder);
  ++count.folders;
  const auto entries = theirs.list(folder);
  const auto seen = ours.list(folder);
  REQUIRE(seen.size() == entries.size());
  auto our_names = ours.names(folder);
  auto their_names = theirs.names(folder);
  std::sort(our_names.begin(), our_names.end());
  std::sort(their_names.begin(), their_names.end());
  REQUIRE(our_names == their_names);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const TreeEntry& entry = entries[i];
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    INFO(path);
    REQUIRE(seen[i].name == entry.name);
    REQUIRE(seen[i].directory == entry.directory);
    REQUIRE(seen[i].size == entry.size);
    if (i % (entries.size() / 500 + 1) == 0) {  // a budget bounds how often a folder is searched
      REQUIRE(ours.other_names(path) == theirs.other_names(path));
      REQUIRE(ours.find(upper(path)) == theirs.find(upper(path)));
    }
    if (entry.directory) {
      compare(ours, theirs, path, piece, count);
    } else {
      ++count.files;
      if (i % (entries.size() / 2000 + 1) != 0) continue;
      // Not in REQUIRE, which would print both.
      const bool same = told(ours, path, piece) == told(theirs, path, 65536);
      REQUIRE(same);
    }
  }
}

Count compare_volumes(const std::string& path, std::size_t piece = 65536) {
  const auto open = [&] { return host_read_storage()->open(path); };
  Count count;
  const auto ours = mount_ntfs(open());
  const auto theirs = mount_by_library(open());
  CHECK(ours->label() == theirs->label());
  CHECK(ours->dirty() == theirs->dirty());
  for (const char* name : {"$LogFile", "$MFT", "$Bitmap", "$UpCase", "$AttrDef"}) {
    CHECK(content(*ours->open_metadata(name)) == content(*theirs->open_metadata(name)));
  }
  compare(*ours, *theirs, "", piece, count);
  return count;
}

/// Like files that are compressed in practice: texts, zeros, noise, in stretches of any length.
Bytes mixed(std::size_t size, unsigned seed) {
  std::minstd_rand random(seed);
  Bytes data;
  while (data.size() < size) {
    const std::size_t length = 1 + random() % 90000;
    const unsigned kind = random() % 4;
    for (std::size_t i = 0; i < length; ++i) {
      const auto noise = static_cast<std::uint8_t>(random() >> 8);
      data.push_back(kind == 0   ? std::uint8_t{0}
                     : kind == 1 ? noise
                     : kind == 2 ? static_cast<std::uint8_t>("the quick brown fox"[i % 19])
                                 : static_cast<std::uint8_t>(noise & 3));
    }
  }
  data.resize(size);
  return data;
}

NtfsFile with_hole(std::string path, std::uint64_t hole, Bytes data) {
  NtfsFile file{std::move(path), std::move(data)};
  file.hole = hole;
  return file;
}

/// Files of every kind; `room` bounds the large ones.
std::vector<NtfsFile> every_kind(std::size_t room) {
  std::vector<NtfsFile> files = {
      {"empty", {}},
      {"resident", Bytes(300, 'r')},
      {"one byte", Bytes(1, 'x')},
      {"Windows/System32/config/SOFTWARE", mixed(room + 123, 1)},
      {"Windows/System32/config/SYSTEM", mixed(room / 2, 2), false, 7},
      {"pieces", mixed(room, 3), false, 40},
      {"\xC3\x84rger/\xD0\x9F\xD1\x83\xD1\x82\xD1\x8C", mixed(5000, 4)},
      {"\xC3\x84rger/\xE6\xBC\xA2\xE5\xAD\x97 \xF0\x9F\x98\x80", mixed(5000, 5)},
      with_hole("sparse", room, mixed(room / 3, 6)),
      with_hole("all but a byte is a hole", room + 7, Bytes(1, 'e')),
  };
  NtfsFile link{"link", Bytes(10)};
  link.reparse_tag = 0x80000013;
  files.push_back(link);
  NtfsFile named{"folder/a long name.text", mixed(4000, 7)};
  named.short_name = "ALONGN~1.TEX";
  named.streams = {{"stream", mixed(9000, 8)}};
  files.push_back(named);
  NtfsFile linked{"folder/first", mixed(4000, 9)};
  linked.links = {"folder/second", "other/third"};
  files.push_back(linked);
  return files;
}

}  // namespace

TEST_CASE(
    "every listing and every file of an NTFS volume is what libntfs-3g says, by cluster size") {
  if (!have_tool("mkntfs")) return;
  struct Row {
    std::vector<std::string> options;
    std::uint64_t size;
  };
  const std::vector<Row> rows = {
      {{"-c", "512"}, 32 * mib},
      {{"-c", "1024"}, 32 * mib},
      {{"-c", "4096", "-L", "a name"}, 32 * mib},
      {{"-c", "16384"}, 48 * mib},
      {{"-c", "65536"}, 96 * mib},
      {{"-c", "131072"}, 256 * mib},
      {{"-c", "2097152"}, 4096 * mib},
      {{"-s", "1024", "-c", "2048"}, 32 * mib},
      {{"-s", "4096", "-c", "4096"}, 32 * mib},
      {{"-s", "4096", "-c", "65536"}, 96 * mib},
  };
  for (const Row& row : rows) {
    INFO("mkntfs " << row.options[0] << " " << row.options[1]);
    const TempDir dir;
    const std::string path =
        make_ntfs(dir, "volume", row.size, every_kind(3 * mib / 2), row.options);
    const Count count = compare_volumes(path, 70001);
    CHECK(count.files == 17);
    CHECK(count.folders == 7);
  }
}

TEST_CASE("files that NTFS compresses are what libntfs-3g unpacks, read in any pieces") {
  if (!have_tool("mkntfs")) return;
  for (const char* cluster : {"512", "1024", "4096"}) {
    const TempDir dir;
    std::vector<NtfsFile> files;
    for (unsigned i = 0; i < 12; ++i) {
      files.push_back({"c" + std::to_string(i), mixed(1 + i * 60007U, i + 1), true});
    }
    files.push_back({"many runs", mixed(4 * mib, 99), true, 300});
    const std::string path = make_ntfs(dir, "volume", 64 * mib, files, {"-c", cluster});
    for (const std::size_t piece : {std::size_t{4096}, std::size_t{65536}, std::size_t{100003}}) {
      INFO("clusters of " << cluster << ", in pieces of " << piece);
      CHECK(compare_volumes(path, piece).files == 14);
    }
  }
}

TEST_CASE(
    "a file of thousands of runs, whose attribute list fills records, reads as libntfs-3g reads") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const std::string path = make_ntfs(dir, "volume", 64 * mib,
                                     {{"pieces", mixed(3600 * 4096, 5), false, 3600},
                                      {"compressed", mixed(900 * 65536 / 16, 6), true, 900}});
  CHECK(compare_volumes(path, 65536).files == 4);
  const std::shared_ptr<const ByteSource> shared = host_read_storage()->open(path);
  const auto file = mount_ntfs(shared)->open("pieces");
  const std::uint64_t before = shared->stats().reads;
  file->read(file->size() - 4096, 4096);
  INFO("its last piece takes " << shared->stats().reads - before << " reads");
  CHECK(shared->stats().reads - before < 6);
}

TEST_CASE("a folder of 20,000 names is listed and searched as by libntfs-3g") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  std::vector<NtfsFile> files;
  for (unsigned i = 0; i < 20000; ++i) {
    const std::string number = std::to_string(i * 7919U % 100003U);
    files.push_back({"folder/" +
                         std::string(i % 3 == 0   ? "n"
                                     : i % 3 == 1 ? "N"
                                                  : "\xD0\xB6") +
                         number + std::string(i % 40, 'x'),
                     Bytes(i % 5, 'd')});
  }
  const std::string path = make_ntfs(dir, "volume", 64 * mib, files);
  CHECK(compare_volumes(path).files == 20000);
}
