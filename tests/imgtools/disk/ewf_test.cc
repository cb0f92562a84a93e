#include "imgtools/disk/ewf.h"

#include <filesystem>

#include "fixtures/ewf_builder.h"
#include "imgtools/bytes/digest.h"
#include "imgtools/formats.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::build_ewf;
using fixtures::ewf_first_chunk_at;
using fixtures::ewf_section_at;
using fixtures::ewf_volume_at;
using fixtures::EwfRecipe;
using fixtures::refresh_ewf_checksums;

namespace {

/// Every sector tells its number; the last chunk is not full.
Bytes some_disk(std::size_t sectors = 203) {
  Bytes disk(sectors * 512);
  for (std::size_t i = 0; i < disk.size(); ++i) {
    disk[i] = static_cast<std::uint8_t>(i / 512 * 7 + i % 512);
  }
  return disk;
}

EwfRecipe in_segments(std::size_t chunks) {
  EwfRecipe recipe;
  recipe.disk = some_disk();
  recipe.chunks_per_segment = chunks;
  return recipe;
}

/// The segments in a folder "/e", as x.E01 and so on.
FaultyStorage storage_with(const std::vector<Bytes>& segments) {
  FaultyStorage storage;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto path = ewf_segment_path("/e/x.E01", static_cast<std::uint32_t>(i + 1));
    storage.put(path.value(), segments[i]);
  }
  return storage;
}

std::unique_ptr<EwfDisk> open_ewf(const FaultyStorage& storage) {
  return EwfDisk::open(storage, "/e/x.E01", {});
}

Error refused(const std::vector<Bytes>& segments) {
  const FaultyStorage storage = storage_with(segments);
  return error_of([&] { content(*open_ewf(storage)); });
}

/// Of one segment that `change` has changed, its checksums made right again.
template <class Change>
Error refused_after(const Change& change) {
  std::vector<Bytes> segments = build_ewf(in_segments(1000));
  change(segments[0]);
  refresh_ewf_checksums(segments[0]);
  return refused(segments);
}

}  // namespace

TEST_CASE("an E01 shows the disk that it was made of, in one segment or many") {
  for (const std::size_t chunks : {1000U, 13U, 1U}) {
    INFO(chunks);
    const std::vector<Bytes> segments = build_ewf(in_segments(chunks));
    const FaultyStorage storage = storage_with(segments);
    const auto disk = open_ewf(storage);
    CHECK(disk->format() == "e01");
    CHECK(disk->sector_size() == 512);
    CHECK(disk->host_files().size() == segments.size());
    CHECK(content(*disk) == some_disk());
    CHECK(reads_alike_in_pieces(*disk, 777));
    CHECK(disk->notes().empty());
    CHECK(disk->digests().md5 == "abababababababababababababababab");
    CHECK_FALSE(disk->write_refusal().empty());
  }
}

TEST_CASE("more segments than may be open are read, each once more when its turn comes") {
  EwfRecipe recipe = in_segments(1);
  recipe.disk = some_disk(1600);
  const std::vector<Bytes> segments = build_ewf(recipe);
  REQUIRE(segments.size() == 200);
  const FaultyStorage storage = storage_with(segments);
  const auto disk = open_ewf(storage);
  CHECK(disk->host_files().back() == "/e/x.EDW");
  CHECK(content(*disk) == recipe.disk);
  CHECK(reads_alike_in_pieces(*disk, 100'000));
}

TEST_CASE("names of segments go from E01 to ZZZ") {
  CHECK(ewf_segment_path("a/x.E01", 1) == "a/x.E01");
  CHECK(ewf_segment_path("a/x.E01", 99) == "a/x.E99");
  CHECK(ewf_segment_path("a/x.E01", 100) == "a/x.EAA");
  CHECK(ewf_segment_path("a/x.E01", 125) == "a/x.EAZ");
  CHECK(ewf_segment_path("a/x.E01", 126) == "a/x.EBA");
  CHECK(ewf_segment_path("a/x.E01", 100 + 676) == "a/x.FAA");
  CHECK(ewf_segment_path("a/x.e01", 100) == "a/x.eaa");
  CHECK(ewf_segment_path("a/x.s01", 2) == "a/x.s02");
  CHECK(ewf_segment_path("a/x.E01", 99 + 22 * 676) == "a/x.ZZZ");
  CHECK_FALSE(ewf_segment_path("a/x.E01", 100 + 22 * 676));
  CHECK_FALSE(ewf_segment_path("a/evidence", 2));
  CHECK_FALSE(ewf_segment_path("a/x.E02", 2));
}

TEST_CASE("a set of segments that is not whole is an error that names the segment") {
  const std::vector<Bytes> whole = build_ewf(in_segments(6));
  REQUIRE(whole.size() == 5);
  SECTION("the last one is missing") {
    CHECK_THAT(refused({whole.begin(), whole.end() - 1}).what(),
               Catch::Contains("its segment 5 is missing: /e/x.E05"));
  }
  SECTION("two are swapped") {
    std::vector<Bytes> swapped = whole;
    std::swap(swapped[1], swapped[2]);
    const Error e = refused(swapped);
    CHECK(e.where() == "/e/x.E02");
    CHECK(e.actual() == "3");
  }
  SECTION("one is short") {
    std::vector<Bytes> cut = whole;
    cut[1].resize(cut[1].size() - 600);
    CHECK_THAT(refused(cut).what(), Catch::Contains("/e/x.E02"));
  }
  SECTION("one is of another set") {
    EwfRecipe recipe = in_segments(6);
    recipe.guid = 2;
    std::vector<Bytes> mixed = whole;
    mixed[3] = build_ewf(recipe)[3];
    CHECK_THAT(refused(mixed).what(),
               Catch::Contains("/e/x.E04") && Catch::Contains("belongs to another E01"));
  }
  SECTION("a later one is given") {
    const FaultyStorage storage = storage_with(whole);
    CHECK_THAT(error_of([&] { EwfDisk::open(storage, "/e/x.E03", {}); }).what(),
               Catch::Contains("is segment 3 of an E01: give the first one (/e/x.E01)"));
    CHECK(is_opened_with_another(storage, "/e/x.E03"));
    CHECK_FALSE(is_opened_with_another(storage, "/e/x.E01"));
    FaultyStorage stray = storage;
    stray.put("/e/x.E04", whole[2]);
    CHECK_FALSE(is_opened_with_another(stray, "/e/x.E04"));
    stray.put("/e/x.E01", Bytes(100, 'x'));
    CHECK_FALSE(is_opened_with_another(stray, "/e/x.E03"));
  }
}

TEST_CASE("a damaged chunk is an error where it lies, and hides no other") {
  std::vector<Bytes> segments = build_ewf(in_segments(1000));
  for (const std::size_t chunk : {0U, 1U}) {
    std::vector<Bytes> damaged = segments;
    damaged[0][ewf_first_chunk_at + chunk * 4100 + 100] ^= 1;
    const FaultyStorage storage = storage_with(damaged);
    const auto disk = open_ewf(storage);
    const Error e = error_of([&] { disk->read(chunk * 4096, 10); });
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK_THAT(e.what(), Catch::Contains("chunk " + std::to_string(chunk) + " of the E01"));
    const std::size_t other = 4096 * 3;
    const Bytes expected = some_disk();
    CHECK(disk->read(other, 4096) ==
          Bytes(expected.begin() + other, expected.begin() + other + 4096));
  }
}

TEST_CASE("the second table stands in for a first that is damaged") {
  std::vector<Bytes> segments = build_ewf(in_segments(1000));
  segments[0][ewf_section_at(segments[0], "table") + ewf_table_header_size + 5] ^= 1;
  CHECK(content(*open_ewf(storage_with(segments))) == some_disk());
  segments[0][ewf_section_at(segments[0], "table2") + ewf_table_header_size + 5] ^= 1;
  CHECK_THAT(refused(segments).what(), Catch::Contains("and its copy are damaged"));
}

TEST_CASE("all of an E01 is compared with the digests that it holds") {
  EwfRecipe recipe = in_segments(6);
  std::vector<Bytes> segments = build_ewf(recipe);
  const auto checked = [&] { return open_ewf(storage_with(segments))->check(); };
  CHECK_THAT(error_of([&] { checked(); }).what(),
             Catch::Contains("the MD5 of the disk is not the one that the E01 holds"));
  const std::size_t hash = ewf_section_at(segments.back(), "hash");
  Md5 md5;
  md5.add(recipe.disk);
  const auto digest = md5.finish();
  std::copy(digest.begin(), digest.end(),
            segments.back().begin() + static_cast<std::ptrdiff_t>(hash));
  const std::vector<std::string> said = checked();
  REQUIRE(said.size() == 2);
  CHECK(said[0] == "26 chunks of the E01 were read, and each has its checksum");
  CHECK_THAT(said[1], Catch::Contains(to_hex(digest)));
}

TEST_CASE(
    "segments that nothing ties together are told, and an E01 without digests is not verified") {
  EwfRecipe recipe = in_segments(6);
  recipe.guid = 0;
  std::vector<Bytes> segments = build_ewf(recipe);
  const auto disk = open_ewf(storage_with(segments));
  REQUIRE(disk->notes().size() == 1);
  CHECK_THAT(disk->notes().front(), Catch::Contains("--verify-source"));
  const std::size_t hash = ewf_section_at(segments.back(), "hash");
  std::copy_n("last", 4, segments.back().begin() + static_cast<std::ptrdiff_t>(hash) - 76);
  refresh_ewf_checksums(segments.back());
  const FaultyStorage without = storage_with(segments);
  CHECK_THAT(error_of([&] { open_ewf(without)->check(); }).what(),
             Catch::Contains("holds no digest of its disk"));
}

TEST_CASE("sectors that could not be read are told") {
  EwfRecipe recipe = in_segments(1000);
  recipe.unreadable = 17;
  const FaultyStorage storage = storage_with(build_ewf(recipe));
  const auto disk = open_ewf(storage);
  REQUIRE(disk->notes().size() == 1);
  CHECK_THAT(disk->notes().front(), Catch::Contains("17 sectors could not be read"));
}

TEST_CASE("whatever the structures of an E01 say, it is an error of the file") {
  const std::size_t table = ewf_section_at(build_ewf(in_segments(1000))[0], "table");
  const std::size_t entries = table + ewf_table_header_size;
  const auto check = [](const Error& e, const char* words) {
    CHECK(e.kind() == ErrorKind::corrupt);
    CHECK_THAT(e.what(), Catch::Contains(words));
  };
  check(refused_after([](Bytes& s) { put_u32(s, ewf_volume_at + 12, 0); }), "size of an E01's");
  check(refused_after([](Bytes& s) { put_u32(s, ewf_volume_at + 8, 0x7fffffff); }), "chunks");
  check(refused_after([](Bytes& s) { put_u64(s, ewf_volume_at + 16, 1U << 30); }), "more sectors");
  check(refused_after([](Bytes& s) { put_u32(s, ewf_volume_at + 4, 999); }), "are missing");
  check(refused_after([](Bytes& s) { put_u64(s, ewf_volume_at + 16, 0); }), "disk is empty");
  check(refused_after([](Bytes& s) { put_u64(s, 13 + 16, 13); }), "does not lie behind");
  check(refused_after([](Bytes& s) { put_u64(s, 13 + 16, 1U << 30); }), "cut off");
  check(refused_after([&](Bytes& s) { put_u32(s, table, 0x10000000); }), "too short");
  check(refused_after([&](Bytes& s) { put_u32(s, entries + 4, 0); }), "lies where none can");
  check(refused_after([&](Bytes& s) { put_u32(s, entries + 4, 0x7fffffff); }),
        "lies where none can");
  check(refused_after([&](Bytes& s) { put_u32(s, entries, 0x80000000 | 76); }), "is damaged");
  check(refused_after([](Bytes& s) { s[13] = 'X'; }), "does not describe its disk");
  std::vector<Bytes> broken = build_ewf(in_segments(1000));
  broken[0][ewf_volume_at + 4] ^= 1;
  check(refused(broken), "wrong checksum");
  broken = build_ewf(in_segments(1000));
  broken[0][8] = 2;
  check(refused(broken), "bad header");
}
