// Each structure of an NTFS volume, whole and broken, on a volume that no program made: these tests
// run on every system and in builds without libntfs-3g.
#include "fixtures/ntfs_structures.h"
#include "fixtures/ntfs_volume.h"
#include "imgtools/bytes/overlay_source.h"
#include "imgtools/ntfs/boot_record.h"
#include "imgtools/ntfs/index_node.h"
#include "imgtools/ntfs/lznt1.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "imgtools/ntfs/ntfs_state.h"
#include "imgtools/ntfs/runs.h"
#include "tests/imgtools/disk/disk_support.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace places = goldhive::fixtures::ntfs_places;
using fixtures::NtfsRun;

namespace {

std::shared_ptr<const ByteSource> source_of(Bytes volume) {
  return std::make_shared<MemorySource>(std::move(volume), "volume");
}

std::shared_ptr<const NtfsVolume> mounted(const Bytes& volume) {
  return mount_ntfs(source_of(volume));
}

/// Where the `nth` attribute of that type stands in a record of the fixture.
std::size_t attribute_at(const Bytes& volume, std::size_t record, std::uint32_t type) {
  const ByteView view(volume, 0, "");
  const std::size_t start = places::record(record);
  std::size_t at = start + view.u16(start + 20);
  while (view.u32(at) != type) at += view.u32(at + 4);
  return at;
}

std::string all_of(const NtfsVolume& volume, const std::string& path) {
  const Bytes bytes = content(*volume.open(path));
  return {bytes.begin(), bytes.end()};
}

/// Reads everything; the first error goes through.
void read_all_of(const NtfsVolume& volume) {
  ntfs_state(volume);
  for (const TreeEntry& entry : volume.list("")) {
    if (entry.name == "encrypted") continue;
    content(*volume.open(*volume.find(entry.name)));
  }
}

std::string words_of(const Error& e) { return e.what(); }

}  // namespace

TEST_CASE("a volume of every structure is read: runs, holes, units, lists, names") {
  const Bytes bytes = fixtures::build_ntfs_volume();
  const auto volume = mounted(bytes);
  CHECK(volume->label() == "fixture");
  CHECK_FALSE(volume->dirty());
  CHECK_FALSE(ntfs_state(*volume).suspicious());
  std::vector<std::string> names;
  for (const TreeEntry& entry : volume->list("")) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"Plain", "a long name", "compressed", "encrypted",
                                          "listed", "packed", "small", "sparse"});
  CHECK(content(*volume->open("Plain")) == fixtures::ntfs_plain_content());
  CHECK(content(*volume->open("compressed")) == fixtures::ntfs_compressed_content());
  CHECK(content(*volume->open("sparse")) == fixtures::ntfs_sparse_content());
  CHECK(content(*volume->open("listed")) == fixtures::ntfs_listed_content());
  CHECK(content(*volume->open("packed")) == fixtures::ntfs_packed_content());
  CHECK(all_of(*volume, "small") == std::string(200, 'x'));
  for (const char* name : {"Plain", "compressed", "sparse", "listed", "packed"}) {
    CHECK(reads_alike_in_pieces(*volume->open(name), 777));
  }
  CHECK(volume->find("PLAIN") == "Plain");
  CHECK(volume->find("A LONG NAME") == "a long name");
  CHECK(volume->find("alongn~1") == "a long name");
  CHECK(volume->spellings("", "alongn~1").empty());
  CHECK(volume->spellings("", "LISTED") == std::vector<std::string>{"listed"});
  CHECK_FALSE(volume->find("$MFT"));
  CHECK_FALSE(volume->find("Plain/x"));
  CHECK_FALSE(volume->find("plaim"));
  CHECK(volume->other_names("a long name") == 0);
  const Error encrypted = error_of([&] { volume->open("encrypted"); });
  CHECK(encrypted.kind() == ErrorKind::unsupported);
  CHECK_THAT(words_of(encrypted), Catch::Contains("EFS"));
}

TEST_CASE("what an NTFS volume needs to be read: its first and a few more pages") {
  const auto source = source_of(fixtures::build_ntfs_volume());
  const auto volume = mount_ntfs(source);
  volume->open("Plain")->read(0, 100);
  INFO(source->stats().reads << " reads, " << source->stats().bytes << " bytes");
  CHECK(source->stats().reads <= 8);
}

TEST_CASE("each defect of an NTFS structure is an error that names it") {
  const Bytes good = fixtures::build_ntfs_volume();
  const std::size_t mft = places::record(0);
  const std::size_t root = places::record(5);
  const std::size_t plain_data = attribute_at(good, places::plain, 0x80);
  const std::size_t root_index = attribute_at(good, 5, 0x90) + 32;  // behind its name
  const std::size_t listed = attribute_at(good, places::listed, 0x20) + 24;
  const std::size_t part_data = attribute_at(good, places::listed_part, 0x80);
  const std::size_t packed_unit = 16 * places::cluster;
  struct Row {
    const char* what;
    std::size_t at;
    Bytes bytes;
    const char* says;
  };
  const Bytes huge(8, 0x7f);
  const std::vector<Row> rows = {
      {"no NTFS", 3, {'M'}, "no boot record"},
      {"sectors of 300 bytes", 11, {0x2c, 1}, "size of a sector"},
      {"sectors of 8192 bytes", 11, {0, 0x20}, "size of a sector"},
      {"clusters of 3 sectors", 13, {3}, "size of a cluster"},
      {"clusters of 2^127 sectors", 13, {129}, "size of a cluster"},
      {"no clusters", 13, {0}, "size of a cluster"},
      {"records of 2^31 bytes", 64, {0xe1}, "size of an MFT record"},
      {"records of 2^127 bytes", 64, {0x81}, "size of an MFT record"},
      {"more sectors than numbers", 40, huge, "number of sectors"},
      {"$MFT beyond the volume", 48, {200}, "$MFT begins beyond"},
      {"$MFT elsewhere", 48, {12}, "no MFT record"},
      {"BAAD", root, {'B', 'A', 'A', 'D'}, "no MFT record"},
      {"a torn record", root + 510, {9}, "torn block"},
      {"an update sequence elsewhere", root + 4, {0xff, 3}, "broken update sequence"},
      {"an update sequence that is long", root + 6, {9}, "broken update sequence"},
      {"a record of nothing", root + 22, {0}, "not in use"},
      {"the folder of root a file", root + 22, {1}, "no such directory"},
      {"attributes behind the record", root + 20, {0xff, 3}, ""},
      {"a record longer than it is", root + 24, {0xff, 0xff}, ""},
      {"an attribute without length", plain_data + 4, {0}, "length of an attribute"},
      {"an attribute that is odd", plain_data + 4, {0x4c}, "length of an attribute"},
      {"an attribute that is long", plain_data + 4, {0xf8, 0x7f}, "length of an attribute"},
      {"more data than clusters", plain_data + 48, huge, "bad size of an attribute"},
      {"allocated below zero", plain_data + 40, Bytes(8, 0xff), "bad size of an attribute"},
      {"more written than there", plain_data + 56, huge, "initialised"},
      {"clusters from behind to before", plain_data + 16, {9}, "range of clusters"},
      {"mapping pairs elsewhere", plain_data + 32, {0xff, 0xff}, ""},
      {"a run without a length", plain_data + 64, {0x10}, "head of a run"},
      {"a length of 15 bytes", plain_data + 64, {0x1f}, "head of a run"},
      {"a run of no clusters", plain_data + 65, {0}, "length of a run"},
      {"a run backwards", plain_data + 65, {0x80}, "length of a run"},
      {"a run that is long", plain_data + 65, {0x70}, "length of a run"},
      {"a run beyond the volume", plain_data + 66, {0x7f}, "beyond the volume"},
      {"a run before the volume", plain_data + 66, {0x80}, "beyond the volume"},
      {"fewer runs than clusters", plain_data + 67, {0}, "another length"},
      {"an index of something else", root_index, {0x31}, "not one of names"},
      {"blocks of 1000 bytes", root_index + 8, {0xe8, 3}, "size of an index block"},
      {"blocks of 2^30 bytes", root_index + 8, {0, 0, 0, 0x40}, "size of an index block"},
      {"entries behind the index", root_index + 16, {0xff, 0x7f}, ""},
      {"an index that is long", root_index + 20, {0xff, 0x7f}, ""},
      {"an entry without length", root_index + 32 + 8, {0, 0}, "length of an index entry"},
      {"an entry that is long", root_index + 32 + 8, {0xf8, 0x7f}, "length of an index entry"},
      {"a name that is long", root_index + 32 + 16 + 64, {0xff}, ""},
      {"a compressed index", attribute_at(good, 5, 0xa0) + 12, {1}, "is compressed"},
      {"no block", places::blocks, {'X'}, "no index block"},
      {"a torn block", places::blocks + 1022, {9}, "torn block"},
      {"a block from elsewhere", places::blocks + 16, {1}, "lies elsewhere"},
      {"an entry of a list without length", listed + 4, {0, 0}, "entry of an attribute list"},
      {"an entry of a list that is long", listed + 4, {0xff, 0xff}, "entry of an attribute list"},
      {"a list of a type that is not there", listed + 32, {0x90}, "do not follow one another"},
      {"a list of an id that is not there", listed + 64 + 24, {7}, "lacks an attribute"},
      {"a list of a record that is not there", listed + 64 + 16, {0xff, 0xff}, "not there"},
      {"a list of another sequence", listed + 64 + 22, {9}, "had this MFT record before"},
      {"a list of another file's record",
       listed + 64 + 16,
       {places::plain},
       "part of another file"},
      {"a list of a piece twice as far", listed + 64 + 8, {5}, "do not follow one another"},
      {"a piece that begins elsewhere", part_data + 16, {3}, ""},
      {"a chunk that is cut off", packed_unit, {0xff, 0xbf}, ""},
      {"a pair at the start of a chunk", packed_unit + 2, {1}, "begin with a pair"},
      {"a pair that reaches back too far", packed_unit + 5, {0xff, 0xff}, "out of its chunk"},
      {"no $UpCase", places::record(10) + 22, {0}, "not in use"},
      {"no $Volume", places::record(3) + 22, {0}, "not in use"},
      {"$MFT of nothing", attribute_at(good, 0, 0x80) + 48, Bytes(8), ""},
      {"$MFT in no cluster", attribute_at(good, 0, 0x80) + 64, {0}, "another length"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Bytes bad = good;
    std::copy(row.bytes.begin(), row.bytes.end(),
              bad.begin() + static_cast<std::ptrdiff_t>(row.at));
    const Error e = error_of([&] { read_all_of(*mounted(bad)); });
    CHECK_THAT(words_of(e), Catch::Contains(row.says));
    if (e.kind() != ErrorKind::not_found) {
      CHECK(e.kind() == ErrorKind::corrupt);
      CHECK_THAT(words_of(e), Catch::Contains("volume"));
    }
  }
  CHECK_NOTHROW(read_all_of(*mounted(good)));
  CHECK(mft < root);
}

TEST_CASE("a folder whose nodes go in circles, are shared or out of order is an error") {
  const Bytes good = fixtures::build_ntfs_volume();
  const auto entry = [](const std::string& name, std::optional<std::uint64_t> child = {}) {
    return fixtures::NtfsIndexEntry{places::plain, fixtures::ntfs_file_name(name), child};
  };
  const auto with_block = [&](const std::vector<fixtures::NtfsIndexEntry>& entries) {
    Bytes bad = good;
    const Bytes block = fixtures::ntfs_index_block(entries, places::index_block, 0);
    std::copy(block.begin(), block.end(),
              bad.begin() + static_cast<std::ptrdiff_t>(places::blocks));
    return bad;
  };
  const fixtures::NtfsIndexEntry last{0, {}, std::nullopt};
  const auto says = [](const Bytes& volume, const std::string& path) {
    return std::string(error_of([&] { mounted(volume)->find(path); }).what());
  };
  const Bytes circle = with_block({{0, {}, 0}});
  CHECK_THAT(says(circle, "a"), Catch::Contains("child of two"));
  CHECK_THAT(std::string(error_of([&] { mounted(circle)->list(""); }).what()),
             Catch::Contains("child of two"));
  const Bytes shared = with_block({entry("a", 1), last});
  CHECK_THAT(std::string(error_of([&] { mounted(shared)->list(""); }).what()),
             Catch::Contains("out of order"));
  CHECK_THAT(says(with_block({entry("b"), entry("a"), last}), "a"),
             Catch::Contains("out of order"));
  // "listed" stands in the root above this block.
  const Bytes astray = with_block({entry("a"), entry("zzz"), last});
  CHECK_THAT(says(astray, "a"), Catch::Contains("out of order"));
  CHECK_THAT(std::string(error_of([&] { mounted(astray)->list(""); }).what()),
             Catch::Contains("out of order"));
  CHECK_THAT(says(with_block({entry("b", 2), last}), "a"), Catch::Contains("beyond the index"));
  CHECK_THAT(says(with_block({entry("b", ~std::uint64_t{0}), last}), "a"),
             Catch::Contains("beyond the index"));
  // Beside each other, in either order, the exact name counts.
  for (const auto& [first, second] : {std::pair("AB", "ab"), std::pair("ab", "AB")}) {
    const auto volume = mounted(with_block({entry(first), entry(second), last}));
    CHECK(volume->find("ab") == "ab");
    CHECK(volume->find("AB") == "AB");
    CHECK(volume->find("Ab") == first);
    CHECK(volume->spellings("", "ab") == std::vector<std::string>{first, second});
    CHECK(volume->twins("", "ab") == std::vector<std::string>{"AB"});
  }
}

TEST_CASE("an $MFT in parts is read where each part is found by those before it") {
  const Bytes good = fixtures::build_ntfs_volume();
  // Records 0 to 15 lie in the first part; the second one is named by `holder`.
  const auto split = [&](std::uint32_t holder) {
    Bytes volume = good;
    const auto put = [&](std::uint32_t number, std::vector<fixtures::NtfsAttribute> attributes,
                         std::uint64_t base) {
      const Bytes record =
          fixtures::ntfs_record({number, 1, base, std::move(attributes)}, places::record_size);
      std::copy(record.begin(), record.end(),
                volume.begin() + static_cast<std::ptrdiff_t>(places::record(number)));
    };
    fixtures::NtfsAttribute list;
    list.type = 0x20;
    list.value = fixtures::ntfs_attribute_list({{0x80, 0, 1, 0}, {0x80, holder, 0, 4}});
    fixtures::NtfsAttribute head;
    head.id = 1;
    head.runs = {{4, places::mft / places::cluster}};
    head.allocated = head.size = head.initialised = 8 * places::cluster;
    fixtures::NtfsAttribute tail;
    tail.runs = {{4, places::mft / places::cluster + 4}};
    tail.first_cluster = 4;
    put(0, {list, head}, 0);
    put(holder, {tail}, fixtures::ntfs_reference(0));
    return volume;
  };
  CHECK(content(*mounted(split(15))->open("Plain")) == fixtures::ntfs_plain_content());
  const Error e = error_of([&] { mounted(split(30))->open("Plain"); });
  CHECK_THAT(words_of(e), Catch::Contains("take one another to be found"));
}

TEST_CASE("mapping pairs are decoded to the runs that were meant") {
  const std::vector<std::vector<NtfsRun>> lists = {
      {{1, 0}},
      {{127, 5}, {128, 1000}, {1, 3}},
      {{2, std::nullopt}, {40000, 70000}, {1, std::nullopt}, {1, 5}},
      {{std::uint64_t{1} << 40, std::uint64_t{1} << 41}, {1, 1}},
  };
  for (const auto& list : lists) {
    const Bytes pairs = fixtures::ntfs_mapping_pairs(list);
    ntfs::Attribute piece;
    piece.mapping_pairs = ByteView(pairs, 0, "pairs");
    for (const NtfsRun& run : list) piece.end_cluster += run.length;
    const auto runs = ntfs::parse_runs(piece, std::uint64_t{1} << 43);
    REQUIRE(runs.size() == list.size());
    std::uint64_t first = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      CHECK(runs[i].first == first);
      CHECK(runs[i].length == list[i].length);
      CHECK(runs[i].place == list[i].place);
      first += list[i].length;
    }
  }
}

TEST_CASE("LZNT1 as its description unpacks it") {
  struct Row {
    const char* what;
    Bytes packed;
    std::string expected;  ///< zeros follow
  };
  // The example of [MS-XCA] 3.3.
  const Bytes example = {0x38, 0xb0, 0x88, 0x46, 0x23, 0x20, 0x00, 0x20, 0x47, 0x20, 0x41, 0x00,
                         0x10, 0xa2, 0x47, 0x01, 0xa0, 0x45, 0x20, 0x44, 0x00, 0x08, 0x45, 0x01,
                         0x50, 0x79, 0x00, 0xc0, 0x45, 0x20, 0x05, 0x24, 0x13, 0x88, 0x05, 0xb4,
                         0x02, 0x4a, 0x44, 0xef, 0x03, 0x58, 0x02, 0x8c, 0x09, 0x16, 0x01, 0x48,
                         0x45, 0x00, 0xbe, 0x00, 0x9e, 0x00, 0x04, 0x01, 0x18, 0x90, 0x00};
  const std::vector<Row> rows = {
      {"nothing", {}, ""},
      {"an end", {0, 0}, ""},
      {"a stored chunk", {2, 0x30, 'a', 'b', 'c', 0, 0}, "abc"},
      {"a pair that runs into itself", {3, 0xb0, 2, 'a', 2, 0, 0, 0}, "aaaaaa"},
      {"letters", {3, 0xb0, 0, 'a', 'b', 'c', 0, 0}, "abc"},
      {"the example", example,
       "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D "
       "E F# G F# E D E A F# F# G A A G F# E D D E F# E D D"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    Bytes out(300, 0xee);
    ntfs::decompress_lznt1(ByteView(row.packed, 0, "packed"), out);
    Bytes expected(row.expected.begin(), row.expected.end());
    expected.resize(out.size());
    CHECK(out == expected);
  }
}

TEST_CASE("boot records of every size are understood") {
  Bytes sector = fixtures::build_ntfs_volume();
  sector.resize(512);
  const auto parse = [&] { return ntfs::parse_boot_record(ByteView(sector, 0, "boot")); };
  const auto set = [&](std::uint16_t bytes, std::uint8_t sectors, std::uint8_t record) {
    put_u16(sector, 11, bytes);
    sector[13] = sectors;
    put_u64(sector, 40, std::uint64_t{1} << 30);
    sector[64] = record;
  };
  set(512, 1, 2);
  CHECK(parse().cluster_size == 512);
  CHECK(parse().record_size == 1024);
  set(512, 128, 0xf6);
  CHECK(parse().cluster_size == 65536);
  set(512, 0xf4, 0xf6);  // 2^12 sectors
  CHECK(parse().cluster_size == 2 << 20);
  set(4096, 1, 1);
  CHECK(parse().record_size == 4096);
  CHECK(parse().clusters == std::uint64_t{1} << 30);
  set(4096, 0xf7, 0xf4);
  CHECK(parse().cluster_size == 2 << 20);
  CHECK(parse().record_size == 4096);
}

TEST_CASE("a file of an NTFS volume is changed in its clusters, with the library and without") {
  const Bytes before = fixtures::build_ntfs_volume();
  const Bytes plain = fixtures::ntfs_plain_content();
  const auto source = source_of(before);
  const FileEdit edit{"Plain", plain.size(), {{4090, Bytes(8, 'p')}, {12000, Bytes(1000, 'q')}}};
  const std::vector<Write> writes = change_ntfs_files(source, {edit});
  OverlaySource changed(source, "changed");
  std::uint64_t bytes = 0;
  for (const Write& write : writes) {
    changed.write(write.offset, write.data);
    bytes += write.data.size();
  }
  CHECK(bytes == 1008);
  Bytes expected = plain;
  std::fill_n(expected.begin() + 4090, 8, std::uint8_t{'p'});
  std::fill_n(expected.begin() + 12000, 1000, std::uint8_t{'q'});
  CHECK(content(*mounted(content(changed))->open("Plain")) == expected);
  CHECK(error_of([&] {
          change_ntfs_files(source, {{"none", 1, {}}});
        }).kind() == ErrorKind::not_found);
}
