#include "imgtools/ntfs/ntfs_change.h"

#include <map>

#include "imgtools/bytes/overlay_source.h"
#include "imgtools/host/storage.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_state.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/imgtools/ntfs/ntfs_support.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::NtfsFile;

namespace {

constexpr std::uint64_t mib = 1 << 20;
const std::string software = "Windows/System32/config/SOFTWARE";

std::shared_ptr<const ByteSource> open_file(const std::string& path) {
  return host_read_storage()->open(path);
}

Bytes apply_edit(Bytes data, const FileEdit& edit) {
  data.resize(edit.new_size);
  for (const auto& [offset, bytes] : edit.writes) {
    std::copy(bytes.begin(), bytes.end(), data.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return data;
}

/// Changes `path` and has other people's programs look at the volume.
void change_and_judge(const std::string& path, const std::vector<FileEdit>& edits) {
  for (const Write& w : change_ntfs_files(open_file(path), edits)) {
    write_at(path, w.offset, w.data);
  }
  if (have_tool("ntfsresize")) must_run({"ntfsresize", "-i", "-f", path});
  if (have_tool("ntfsfix")) must_run({"ntfsfix", "-n", path});
}

std::uint64_t bytes_of(const std::vector<Write>& writes) {
  std::uint64_t sum = 0;
  for (const Write& w : writes) sum += w.data.size();
  return sum;
}

}  // namespace

TEST_CASE("a change that keeps the size goes to the clusters of the file and nowhere else") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(mib + 77);
  const std::string path = make_ntfs(dir, "volume", 16 * mib, {{software, data, false, 40}});
  const FileEdit edit{software, data.size(), {{5, Bytes(3, 1)}, {30000, Bytes(70000, 2)}}};
  const std::vector<Write> writes = change_ntfs_files(open_file(path), {edit});
  CHECK(bytes_of(writes) == 70003);
  CHECK(writes.size() > 3);  // the file lies in pieces
  change_and_judge(path, {edit});
  CHECK(content(*mount_ntfs(open_file(path))->open(software)) == apply_edit(data, edit));
}

TEST_CASE("a file that grows or is compressed or resident is changed by the library") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(300000);
  const Bytes small(200, 's');
  const Bytes other = compressible(50000);
  struct Case {
    NtfsFile file;
    FileEdit edit;
  };
  const FileEdit same{software, data.size(), {{5, Bytes(3, 1)}, {200000, Bytes(5000, 2)}}};
  const FileEdit grown{
      software, data.size() + 8192, {{7, Bytes(4, 1)}, {data.size() + 10, Bytes(9, 3)}}};
  const std::vector<Case> cases = {
      {{software, data}, grown},
      {{software, data, true}, same},
      {{software, data, true}, grown},
      {{software, small}, {software, small.size(), {{3, Bytes(2, 1)}}}},
      {{software, small}, {software, 20000, {{3, Bytes(2, 1)}, {19999, Bytes(1, 1)}}}},
      {{software, compressible(1200 * 4096), false, 1200},
       {software, 1300 * 4096, {{1299 * 4096, Bytes(10, 4)}}}},
  };
  for (const Case& c : cases) {
    INFO(c.file.data.size() << " to " << c.edit.new_size << ", compressed " << c.file.compressed);
    const std::string path = make_ntfs(dir, "volume", 32 * mib, {{"other", other}, c.file});
    if (c.file.pieces > 1 && have_tool("ntfsinfo")) {
      CHECK_THAT(must_run({"ntfsinfo", "-f", "-v", "-F", software, path}),
                 Catch::Contains("$ATTRIBUTE_LIST"));
    }
    change_and_judge(path, {c.edit});
    const auto volume = mount_ntfs(open_file(path));
    CHECK(content(*volume->open(software)) == apply_edit(c.file.data, c.edit));
    CHECK(content(*volume->open("other")) == other);
    CHECK_FALSE(ntfs_state(*volume).suspicious());
    if (have_tool("ntfscat") && !c.file.compressed) {
      const Bytes expected = apply_edit(c.file.data, c.edit);
      CHECK(must_run({"ntfscat", path, "/" + software}) ==
            std::string(expected.begin(), expected.end()));
    }
  }
}

TEST_CASE("a file whose MFT record has a broken update sequence is neither read nor changed") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(100000);
  const std::string path = make_ntfs(dir, "volume", 8 * mib, {{"folder/file", data}});
  const Bytes volume = open_file(path)->read(0, 8 * mib);
  const ByteView view(volume, 0, "");
  // The first records of the user: 64 for "folder", 65 for "file".
  for (const std::uint32_t number : {64U, 65U}) {
    std::size_t record = 0;
    while (!view.from(record).starts_with("FILE") || view.u32(record + 44) != number) record += 512;
    for (const std::size_t field : {std::size_t{4}, std::size_t{6}}) {
      Bytes bytes = volume;
      bytes[record + field + 1] = 0xff;
      const auto broken = std::make_shared<MemorySource>(bytes, "m");
      const Error e = error_of([&] { mount_ntfs(broken)->open("folder/file"); });
      CHECK(e.kind() == ErrorKind::corrupt);
      CHECK_THAT(e.what(), Catch::Contains("update sequence"));
      for (const std::uint64_t growth : {std::uint64_t{0}, std::uint64_t{9000}}) {
        const FileEdit edit{"folder/file", data.size() + growth, {{5, Bytes(3, 1)}}};
        CHECK(error_of([&] { change_ntfs_files(broken, {edit}); }).kind() == ErrorKind::corrupt);
      }
    }
  }
}

TEST_CASE("a file whose runs lead out of the volume is neither read nor changed") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(100000);
  const std::string path = make_ntfs(dir, "volume", 8 * mib, {{"file", data}, {"other", data}});
  Bytes volume = open_file(path)->read(0, 8 * mib);
  const ByteView view(volume, 0, "");
  // The first record of a user's file: 64 for "file". Its $DATA has one run.
  std::size_t record = 0;
  while (!view.from(record).starts_with("FILE") || view.u32(record + 44) != 64) record += 512;
  std::size_t at = record + view.u16(record + 20);
  while (view.u32(at) != 0x80) at += view.u32(at + 4);
  const std::size_t run = at + view.u16(at + 32);
  const std::size_t length_bytes = volume[run] & 0xf;
  const std::size_t place_bytes = volume[run] >> 4;
  REQUIRE(place_bytes > 0);
  volume[run + length_bytes + place_bytes] = 0x7f;  // the highest byte of where it starts
  const auto broken = std::make_shared<MemorySource>(volume, "m");
  const auto mounted = mount_ntfs(broken);
  CHECK(content(*mounted->open("other")) == data);
  CHECK_THROWS_AS(content(*mounted->open("file")), Error);
  CHECK_THROWS_AS(change_ntfs_files(broken, {{"file", data.size(), {{5, Bytes(3, 1)}}}}), Error);
  CHECK_THROWS_AS(change_ntfs_files(broken, {{"file", data.size() + 9000, {{5, Bytes(3, 1)}}}}),
                  Error);
  CHECK_FALSE(change_ntfs_files(broken, {{"other", data.size(), {{5, Bytes(3, 1)}}}}).empty());
}

TEST_CASE("two files are changed together and the second may grow") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes a = compressible(100000);
  const Bytes b = compressible(200000);
  const std::string path = make_ntfs(dir, "volume", 16 * mib, {{"a", a}, {"b", b}});
  const FileEdit first{"a", a.size(), {{1, Bytes(1, 9)}}};
  const FileEdit second{"b", b.size() + 4096, {{b.size(), Bytes(4096, 8)}}};
  const std::vector<Write> writes = change_ntfs_files(open_file(path), {first, second});
  CHECK(bytes_of(writes) < 30000);
  change_and_judge(path, {first, second});
  const auto volume = mount_ntfs(open_file(path));
  CHECK(content(*volume->open("a")) == apply_edit(a, first));
  CHECK(content(*volume->open("b")) == apply_edit(b, second));
}

TEST_CASE("a file compressed by the Windows Overlay Filter is refused beside one that grows") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  NtfsFile packed{software, compressible(50000)};
  packed.reparse_tag = 0x80000017;
  const std::string path = make_ntfs(dir, "volume", 8 * mib, {{"other", Bytes(100, 1)}, packed});
  const FileEdit other{"other", 9000, {{5, Bytes(3, 1)}}};
  const FileEdit edit{software, 50000, {{5, Bytes(3, 1)}}};
  for (const auto& edits : {std::vector{edit}, std::vector{other, edit}}) {
    const Error e = error_of([&] { change_ntfs_files(open_file(path), edits); });
    CHECK(e.kind() == ErrorKind::unsupported);
    CHECK_THAT(e.what(), Catch::Contains("read but not changed"));
  }
}

TEST_CASE("planning a change writes nothing and gives the same writes each time") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const std::string path = make_ntfs(dir, "volume", 8 * mib, {{software, compressible(50000)}});
  const Bytes before = content(*open_file(path));
  const FileEdit edit{software, 60000, {{0, Bytes(4, 1)}}};
  const std::vector<Write> first = change_ntfs_files(open_file(path), {edit});
  const std::vector<Write> second = change_ntfs_files(open_file(path), {edit});
  REQUIRE(first.size() == second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].offset == second[i].offset);
    CHECK(first[i].data == second[i].data);
  }
  CHECK(content(*open_file(path)) == before);
}

TEST_CASE("a file that is not there or has no room to grow is refused") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const std::string path = make_ntfs(dir, "volume", 4 * mib, {{software, compressible(50000)}});
  CHECK(error_of([&] {
          change_ntfs_files(open_file(path), {{"no", 1, {}}});
        }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] {
          change_ntfs_files(open_file(path), {{"Windows", 1, {}}});
        }).kind() == ErrorKind::not_found);
  const Error e = error_of([&] { change_ntfs_files(open_file(path), {{software, 8 * mib, {}}}); });
  CHECK(e.kind() == ErrorKind::io);
}

TEST_CASE("a volume that the library will not write to is refused when a file must grow") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  Bytes session(8192);
  std::copy_n("hibr", 4, session.begin());
  const std::string path = make_ntfs(dir, "volume", 8 * mib,
                                     {{"hiberfil.sys", session}, {software, compressible(50000)}});
  CHECK(error_of([&] {
          change_ntfs_files(open_file(path), {{software, 60000, {}}});
        }).kind() == ErrorKind::unsupported);
}
