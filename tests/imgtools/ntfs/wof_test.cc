// Files that "compact /exe" or Compact OS compressed, on a volume that no program made. The chunks
// are libwim's, as in the tests of the codecs, and some of our own.
#include "imgtools/ntfs/wof.h"

#include <fstream>
#include <iterator>

#include "fixtures/ntfs_structures.h"
#include "fixtures/ntfs_volume.h"
#include "imgtools/bytes/budgeted_source.h"
#include "imgtools/host/storage.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "imgtools/wim/wim_blob_table.h"
#include "tests/golden.h"
#include "tests/imgtools/codec/corpora.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::NtfsPackedFile;
using fixtures::xpress_chunk;
namespace places = goldhive::fixtures::ntfs_places;

namespace {

constexpr std::uint32_t xpress4k = 0;
constexpr std::uint32_t lzx = 1;
constexpr std::uint32_t xpress8k = 2;
constexpr std::uint32_t xpress16k = 3;

struct PackedChunk {
  Bytes stored;
  Bytes plain;
};

/// One that libwim packed.
PackedChunk chunk_of_libwim(const std::string& codec, const std::string& corpus, std::size_t size) {
  const auto path = tests::source_folder() / "tests/imgtools/codec/samples" /
                    (codec + "-" + corpus + "-" + std::to_string(size));
  std::ifstream in(path, std::ios::binary);
  return {Bytes{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()},
          content_of(corpus, size)};
}

PackedChunk stored_chunk(std::size_t size) {
  const Bytes bytes = content_of("random", size);
  return {bytes, bytes};
}

PackedChunk filled_chunk(std::uint8_t fill, std::size_t size) {
  return {xpress_chunk(fill, size), Bytes(size, fill)};
}

Bytes plain_of(const std::vector<PackedChunk>& chunks) {
  Bytes all;
  for (const PackedChunk& chunk : chunks) {
    all.insert(all.end(), chunk.plain.begin(), chunk.plain.end());
  }
  return all;
}

NtfsPackedFile file_of(std::uint32_t algorithm, const std::vector<PackedChunk>& chunks) {
  std::vector<Bytes> stored;
  for (const PackedChunk& chunk : chunks) stored.push_back(chunk.stored);
  return {plain_of(chunks).size(), fixtures::ntfs_wof_point(algorithm),
          fixtures::ntfs_wof_stream(stored)};
}

std::shared_ptr<const ByteSource> volume_with(const NtfsPackedFile& file) {
  return std::make_shared<MemorySource>(fixtures::build_ntfs_volume(file), "volume");
}

/// A file of three chunks of XPRESS4K, for what is broken in it.
NtfsPackedFile good_file() {
  return file_of(xpress4k, {filled_chunk('a', 4096), chunk_of_libwim("XPRESS", "text", 4096),
                            stored_chunk(1000)});
}

NtfsPackedFile changed_file(const std::function<void(NtfsPackedFile&)>& change) {
  NtfsPackedFile file = good_file();
  change(file);
  return file;
}

/// How the one file of a WIM is stored in it.
Bytes only_resource_of(const std::string& path) {
  const auto wim = host_read_storage()->open(path);
  const WimResource table = read_wim_header(*wim).blob_table;
  const WimBlobTable blobs(
      LargeBuffer(*wim, table.offset, static_cast<std::size_t>(table.stored_size)), 1, path);
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const WimResource resource = blobs.entry(i).resource;
    if (resource.is_metadata() || !resource.is_compressed()) continue;
    return wim->read(resource.offset, static_cast<std::size_t>(resource.stored_size));
  }
  FAIL("no compressed resource in " << path);
  return {};
}

}  // namespace

TEST_CASE("a file packed by each algorithm of the Windows Overlay Filter is read") {
  struct Row {
    const char* what;
    std::uint32_t algorithm;
    std::vector<PackedChunk> chunks;
  };
  const std::vector<Row> rows = {
      {"XPRESS4K",
       xpress4k,
       {chunk_of_libwim("XPRESS", "text", 4096), stored_chunk(4096), filled_chunk('z', 4096),
        stored_chunk(77)}},
      {"LZX",
       lzx,
       {chunk_of_libwim("LZX", "code", 32768), stored_chunk(32768),
        chunk_of_libwim("LZX", "mixed", 30000)}},
      {"XPRESS8K",
       xpress8k,
       {chunk_of_libwim("XPRESS", "text", 8192), stored_chunk(8192), filled_chunk('q', 1000)}},
      {"XPRESS16K",
       xpress16k,
       {stored_chunk(16384), chunk_of_libwim("XPRESS", "mixed", 16384), filled_chunk('q', 16383)}},
      {"a multiple of the chunk", xpress4k, {filled_chunk('a', 4096), filled_chunk('b', 4096)}},
      {"one chunk that is full", xpress8k, {filled_chunk('a', 8192)}},
      {"one byte", lzx, {stored_chunk(1)}},
      {"nothing", xpress16k, {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const Bytes plain = plain_of(row.chunks);
    const auto volume = mount_ntfs(volume_with(file_of(row.algorithm, row.chunks)));
    const auto file = volume->open("PACKED");
    CHECK((content(*file) == plain));
    CHECK(reads_alike_in_pieces(*file, 777));
    CHECK(reads_alike_in_pieces(*file, 20000));
    for (const TreeEntry& entry : volume->list("")) {
      if (entry.name == "packed") CHECK(entry.size == plain.size());
    }
  }
}

TEST_CASE("what wimlib-imagex packs, table and all, is read as a packed file") {
  if (!have_tool("wimlib-imagex")) return;
  struct Row {
    std::uint32_t algorithm;
    const char* compression;
    const char* chunk_size;
  };
  const TempDir dir;
  Bytes plain;
  for (const char* corpus : {"mixed", "random", "code"}) {
    const Bytes part = content_of(corpus, 100'001);
    plain.insert(plain.end(), part.begin(), part.end());
  }
  dir.write("tree/file", plain);
  for (const Row& row : std::vector<Row>{{xpress4k, "XPRESS", "4096"},
                                         {lzx, "LZX", "32768"},
                                         {xpress8k, "XPRESS", "8192"},
                                         {xpress16k, "XPRESS", "16384"}}) {
    INFO(row.compression << ' ' << row.chunk_size);
    const std::string wim = dir / (std::string(row.chunk_size) + ".wim");
    must_run({"wimlib-imagex", "capture", dir / "tree", wim, "First",
              std::string("--compress=") + row.compression,
              std::string("--chunk-size=") + row.chunk_size});
    const NtfsPackedFile file{plain.size(), fixtures::ntfs_wof_point(row.algorithm),
                              only_resource_of(wim)};
    CHECK((content(*mount_ntfs(volume_with(file))->open("packed")) == plain));
  }
}

TEST_CASE("a packed file of 4 GiB has offsets of 64 bits") {
  constexpr std::uint64_t size = (std::uint64_t{1} << 32) + 5;
  constexpr std::size_t chunks = (std::uint64_t{1} << 32) / 32768 + 1;
  constexpr std::size_t table = (chunks - 1) * 8;
  const Bytes first = content_of("random", 32768);
  const Bytes last = {'l', 'a', 's', 't', '!'};
  NtfsPackedFile file{size, fixtures::ntfs_wof_point(lzx), Bytes(table + chunks)};
  Bytes& stream = *file.stream;
  std::copy(first.begin(), first.end(), stream.begin() + table);
  std::copy(last.begin(), last.end(), stream.end() - 5);
  put_u64(stream, 0, first.size());
  put_u64(stream, table - 8, chunks - 5);
  put_u64(stream, 800, (std::uint64_t{1} << 32) + 1);
  const auto opened = mount_ntfs(volume_with(file))->open("packed");
  CHECK((opened->read(0, 32768) == first));
  CHECK(opened->read(size - 5, 5) == last);
  const Error e = error_of([&] { opened->read(std::uint64_t{101} * 32768, 1); });
  CHECK_THAT(std::string(e.what()), Catch::Contains("from 4294967297 to 0"));
  // With 4 bytes an entry this would be enough.
  file.stream->resize(table + chunks - 1);
  CHECK_THAT(std::string(error_of([&] { mount_ntfs(volume_with(file))->open("packed"); }).what()),
             Catch::Contains("does not fit"));
}

TEST_CASE("a packed file that is not what it should be is an error that names it") {
  struct Row {
    const char* what;
    NtfsPackedFile file;
    const char* says;
    std::optional<std::uint64_t> offset = {};  ///< in the stream
    ErrorKind kind = ErrorKind::corrupt;
  };
  constexpr std::size_t table = 8;
  const auto with_entry = [](std::size_t entry, std::uint32_t value) {
    return changed_file([&](NtfsPackedFile& f) { put_u32(*f.stream, 4 * entry, value); });
  };
  const auto with_number = [](std::size_t at, std::uint32_t value) {
    return changed_file([&](NtfsPackedFile& f) { put_u32(f.point, at, value); });
  };
  const auto with_size = [](std::uint64_t size) {
    return changed_file([&](NtfsPackedFile& f) { f.size = size; });
  };
  const auto with_stream = [](std::size_t size) {
    return changed_file([&](NtfsPackedFile& f) { f.stream->resize(size); });
  };
  const std::uint32_t second = ByteView(*good_file().stream, 0, "").u32(4);
  const std::vector<Row> rows = {
      {"no stream", changed_file([](NtfsPackedFile& f) { f.stream.reset(); }),
       "no WofCompressedData"},
      {"an empty stream", with_stream(0), "does not fit"},
      {"a table beyond the stream", with_stream(7), "does not fit", 0},
      {"a table and no chunks", with_stream(table), "does not fit", 0},
      {"a byte less than chunks", with_stream(table + 2), "does not fit", 0},
      {"a content too large for the table", with_size(40'000'000), "does not fit", 0},
      {"a content of 2^62", with_size(std::uint64_t{1} << 62), "does not fit", 0},
      {"a chunk at the place of the one before", with_entry(0, 0), "place of chunk 0", 0},
      {"a chunk before the one before", with_entry(1, 5), "place of chunk 1", 0},
      {"a chunk beyond the stream", with_entry(1, 0x7fffffff), "place of chunk 1", 0},
      {"a chunk longer than its content", with_entry(0, 4097), "place of chunk 0", 0},
      {"a chunk at the end of the stream",
       with_entry(1, static_cast<std::uint32_t>(good_file().stream->size() - table)),
       "place of chunk 2", 4},
      {"a stream with more than its chunks", with_stream(good_file().stream->size() + 1),
       "place of chunk 2", 4},
      {"a chunk that is cut off", with_entry(1, second - 500), "cannot be decompressed",
       table + xpress_chunk('a', 4096).size()},
      {"a chunk that is something else",
       changed_file([](NtfsPackedFile& f) { std::fill_n(f.stream->begin() + table, 200, 0x11); }),
       "cannot be decompressed", table},
      {"XPRESS taken for LZX", with_number(20, lzx), ""},
      {"a point that is short", changed_file([](NtfsPackedFile& f) { f.point.resize(23); }),
       "too short"},
      {"a point of the tag alone", changed_file([](NtfsPackedFile& f) { f.point.resize(8); }),
       "too short"},
      {"a point of less than its data",
       changed_file([](NtfsPackedFile& f) { put_u16(f.point, 4, 15); }), "too short"},
      {"another version", with_number(8, 2), "version 2", {}, ErrorKind::unsupported},
      {"a WIM", with_number(12, 1), "WIMBoot", {}, ErrorKind::unsupported},
      {"another provider", with_number(12, 3), "provider 3", {}, ErrorKind::unsupported},
      {"another version of it", with_number(16, 0), "provider 0", {}, ErrorKind::unsupported},
      {"another algorithm", with_number(20, 4), "algorithm 4", {}, ErrorKind::unsupported},
      {"a huge one", with_number(20, 0xffffffff), "algorithm", {}, ErrorKind::unsupported},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto volume = mount_ntfs(volume_with(row.file));
    const Error e = error_of([&] { content(*volume->open("packed")); });
    CHECK(e.kind() == row.kind);
    CHECK_THAT(std::string(e.what()), Catch::Contains(row.says) && Catch::Contains("packed"));
    if (row.offset) {
      CHECK(e.offset() == places::packed_stream + *row.offset);
      CHECK_FALSE(e.expected().empty());
      CHECK_FALSE(e.actual().empty());
    }
    CHECK(content(*volume->open("Plain")) == fixtures::ntfs_plain_content());
  }
  CHECK_NOTHROW(content(*mount_ntfs(volume_with(good_file()))->open("packed")));
}

TEST_CASE("a packed file whose first chunks are good is read up to the bad one, and again") {
  NtfsPackedFile bad = good_file();
  std::fill_n(bad.stream->begin() + 8 + static_cast<std::ptrdiff_t>(xpress_chunk('a', 4096).size()),
              256, 0x11);
  const auto file = mount_ntfs(volume_with(bad))->open("packed");
  CHECK(file->read(4000, 96) == Bytes(96, 'a'));
  CHECK(error_of([&] { file->read(4096, 1); }).kind() == ErrorKind::corrupt);
  CHECK(error_of([&] { file->read(4096, 1); }).kind() == ErrorKind::corrupt);
  CHECK(file->read(4000, 96) == Bytes(96, 'a'));
  CHECK(file->read(8192, 1000) == content_of("random", 1000));
}

TEST_CASE("a packed file that is encrypted is refused") {
  Bytes bytes = fixtures::build_ntfs_volume();
  const ByteView view(bytes, 0, "");
  const std::size_t record = places::record(places::packed);
  std::size_t at = record + view.u16(record + 20);
  while (view.u32(at) != 0x80 || view.u8(at + 9) == 0) at += view.u32(at + 4);
  put_u16(bytes, at + 12, 0x4000);
  const auto volume = mount_ntfs(std::make_shared<MemorySource>(bytes, "volume"));
  const Error e = error_of([&] { volume->open("packed"); });
  CHECK(e.kind() == ErrorKind::unsupported);
  CHECK_THAT(std::string(e.what()), Catch::Contains("EFS"));
}

TEST_CASE("what is unpacked of a packed file counts, each chunk once if it is read in order") {
  const NtfsPackedFile packed = good_file();
  const auto opened_with = [&](const SharedBudget& budget) {
    Bytes bytes = fixtures::build_ntfs_volume(packed);
    budget->add_file(bytes.size());
    return mount_ntfs(std::make_shared<BudgetedSource>(
                          std::make_unique<MemorySource>(std::move(bytes), "volume"), budget))
        ->open("packed");
  };
  const auto budget = std::make_shared<ParseBudget>();
  const auto file = opened_with(budget);
  file->read(0, 1);
  const std::uint64_t held = budget->spent().held;
  CHECK(held >= 2 * 4096);
  for (std::uint64_t at = 0; at < file->size(); ++at) file->read(at, 1);
  CHECK(budget->spent().unpacked == packed.size);
  CHECK(budget->spent().held == held);
  const auto limited = opened_with(std::make_shared<ParseBudget>(5000));
  CHECK(error_of([&] { content(*limited); }).kind() == ErrorKind::refused);
}

TEST_CASE("a packed file is not changed, and its refusal says how it can be") {
  const NtfsPackedFile packed = good_file();
  for (const std::uint64_t size : {packed.size, packed.size + 1}) {
    const Error e = error_of([&] {
      change_ntfs_files(volume_with(packed), {{"packed", size, {{5, Bytes(1, 'x')}}}});
    });
    CHECK(e.kind() == ErrorKind::unsupported);
    CHECK_THAT(std::string(e.what()),
               Catch::Contains("read but not changed") && Catch::Contains("compact /u /exe"));
  }
}
