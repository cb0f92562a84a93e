#include "imgtools/ntfs/ntfs.h"

#include "imgtools/host/storage.h"
#include "imgtools/ntfs/ntfs_state.h"
#include "tests/imgtools/disk/disk_support.h"
#include "tests/imgtools/ntfs/ntfs_support.h"

using namespace goldhive;
using namespace goldhive::testing;
using fixtures::NtfsFile;

namespace {

constexpr std::uint64_t mib = 1 << 20;
const std::string software = "Windows/System32/config/SOFTWARE";

std::shared_ptr<const NtfsVolume> mount_file(const std::string& path) {
  return mount_ntfs(host_read_storage()->open(path));
}

std::shared_ptr<const NtfsVolume> mount_bytes(const Bytes& volume) {
  return mount_ntfs(std::make_shared<MemorySource>(volume, "volume"));
}

Bytes read_all(const std::string& path) { return content(*host_read_storage()->open(path)); }

std::vector<std::string> names(const std::vector<TreeEntry>& entries) {
  std::vector<std::string> out;
  for (const TreeEntry& e : entries) out.push_back(e.name + (e.directory ? "/" : ""));
  return out;
}

/// Where `magic` stands at the start of a 512-byte sector.
std::size_t sector_with(const Bytes& volume, const std::string& magic, std::size_t from = 0) {
  for (std::size_t at = from; at + 512 <= volume.size(); at += 512) {
    if (std::equal(magic.begin(), magic.end(), volume.begin() + static_cast<std::ptrdiff_t>(at))) {
      return at;
    }
  }
  FAIL("no " << magic);
  return 0;
}

}  // namespace

TEST_CASE("files of an NTFS volume are found without case and read as they were written") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(3 * mib + 123);
  const std::string path = make_ntfs(
      dir, "volume", 16 * mib,
      {{software, data}, {"Windows/notepad.exe", Bytes(10, 'n')}, {"empty", {}}}, {"-L", "System"});
  const auto volume = mount_file(path);
  CHECK(volume->label() == "System");
  CHECK_FALSE(volume->dirty());
  CHECK(names(volume->list("")) == std::vector<std::string>{"Windows/", "empty"});
  CHECK(names(volume->list("windows")) == std::vector<std::string>{"System32/", "notepad.exe"});
  const auto entries = volume->list("Windows/System32/config");
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].size == data.size());

  CHECK(volume->find("WINDOWS/system32/CONFIG/software") == software);
  CHECK_FALSE(volume->find("Windows/System33"));
  CHECK_FALSE(volume->find("Windows/notepad.exe/x"));
  CHECK_FALSE(volume->find("$MFT"));
  const auto file = volume->open(software);
  CHECK(file->size() == data.size());
  CHECK(content(*file) == data);
  CHECK(reads_alike_in_pieces(*file, 100003));
  CHECK(volume->open("empty")->size() == 0);
  CHECK(error_of([&] { volume->open("nothing"); }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] { volume->open("Windows"); }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] { volume->list("empty"); }).kind() == ErrorKind::not_found);
  CHECK(error_of([&] { file->read(data.size(), 1); }).kind() == ErrorKind::corrupt);
  if (have_tool("ntfscat")) {
    CHECK(must_run({"ntfscat", path, "/" + software}) == std::string(data.begin(), data.end()));
  }
}

TEST_CASE("names outside ASCII are matched without case by the volume's own table") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const auto volume = mount_file(make_ntfs(
      dir, "volume", 8 * mib, {{"\xC3\x84rger/\xD0\x9F\xD1\x83\xD1\x82\xD1\x8C", Bytes{1}}}));
  CHECK(volume->find("\xC3\xA4RGER/\xD0\xBF\xD0\xA3\xD0\xA2\xD0\xAC") ==
        "\xC3\x84rger/\xD0\x9F\xD1\x83\xD1\x82\xD1\x8C");
}

TEST_CASE("a file compressed by NTFS and one with an attribute list read right in any piece") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(2 * mib + 5);
  const Bytes pieces = compressible(1200 * 4096);
  const auto volume = mount_file(make_ntfs(
      dir, "volume", 32 * mib, {{"compressed", data, true}, {"pieces", pieces, false, 1200}}));
  CHECK(content(*volume->open("compressed")) == data);
  CHECK(reads_alike_in_pieces(*volume->open("compressed"), 5000));
  CHECK(content(*volume->open("pieces")) == pieces);
  CHECK(reads_alike_in_pieces(*volume->open("pieces"), 70001));
}

TEST_CASE("an NTFS file is read without reading what is not asked for") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const std::shared_ptr<const ByteSource> source = host_read_storage()->open(
      make_ntfs(dir, "volume", 64 * mib, {{software, compressible(20 * mib)}}));
  const auto volume = mount_ntfs(source);
  const auto file = volume->open(software);
  file->read(10 * mib, 4096);
  INFO(source->stats().reads << " reads, " << source->stats().bytes << " bytes");
  CHECK(source->stats().bytes < 300 * 1024);
}

TEST_CASE("clusters of every size and sectors of 4096 bytes mount") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const Bytes data = compressible(300000);
  for (const std::vector<std::string>& options : std::vector<std::vector<std::string>>{
           {"-c", "512"}, {"-c", "65536"}, {"-s", "4096", "-c", "4096"}}) {
    const auto volume = mount_file(make_ntfs(dir, "volume", 32 * mib, {{software, data}}, options));
    CHECK(content(*volume->open(software)) == data);
  }
}

TEST_CASE("a file whose content lies in a reparse point is refused and not read as zeros") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  NtfsFile overlay{"winhttp.dll", Bytes(100, 1)};
  overlay.reparse_tag = 0x80000017;
  NtfsFile other{"link", Bytes(100, 1)};
  other.reparse_tag = 0x80000013;
  const auto volume = mount_file(make_ntfs(dir, "volume", 8 * mib, {overlay, other}));
  // It has neither what must follow the tag nor the stream.
  const Error e = error_of([&] { volume->open("winhttp.dll"); });
  CHECK(e.kind() == ErrorKind::corrupt);
  CHECK_THAT(e.what(), Catch::Contains("Windows Overlay Filter"));
  CHECK_THAT(error_of([&] { volume->open("link"); }).what(), Catch::Contains("0x80000013"));
}

TEST_CASE("what is opened from an NTFS volume outlives the handle of the volume") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  auto volume = mount_file(make_ntfs(dir, "volume", 8 * mib, {{"file", Bytes(5000, 7)}}));
  const auto file = volume->open("file");
  volume.reset();
  CHECK(content(*file) == Bytes(5000, 7));
}

TEST_CASE("an NTFS volume that is damaged is an error") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  make_ntfs(dir, "volume", 8 * mib, {{"file", compressible(100000)}});
  const Bytes good = read_all(dir / "volume");
  CHECK(error_of([&] { mount_bytes(Bytes(8 * mib)); }).kind() == ErrorKind::corrupt);
  Bytes cut(good.begin(), good.begin() + 4096);
  CHECK(error_of([&] { mount_bytes(cut); }).kind() == ErrorKind::corrupt);

  Bytes bad = good;
  const std::size_t mft = sector_with(bad, "FILE");
  bad[mft + 5 * 1024] = 'X';  // the record of the root directory
  const Error e = error_of([&] { mount_bytes(bad)->list(""); });
  CHECK(e.kind() == ErrorKind::corrupt);
  CHECK_THAT(e.what(), Catch::Contains("volume"));
}

TEST_CASE("a read error of the container comes through the volume as it was") {
  if (!have_tool("mkntfs")) return;
  class Failing final : public ByteSource {
   public:
    explicit Failing(Bytes data) : ByteSource("bad.vhd"), data_(std::move(data), "m") {}
    std::uint64_t size() const override { return data_.size(); }
    std::uint64_t fail_from = ~std::uint64_t{0};

   protected:
    void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      if (offset >= fail_from) throw Error(ErrorKind::io, "the disk is on fire", name());
      data_.read(offset, out);
    }

   private:
    MemorySource data_;
  };
  const TempDir dir;
  make_ntfs(dir, "volume", 8 * mib, {{"file", compressible(100000)}});
  const auto source = std::make_shared<Failing>(read_all(dir / "volume"));
  const auto file = mount_ntfs(source)->open("file");
  source->fail_from = 0;
  const Error e = error_of([&] { content(*file); });
  CHECK(e.kind() == ErrorKind::io);
  CHECK(std::string(e.what()) == "bad.vhd: the disk is on fire");
}

TEST_CASE("a fresh NTFS volume has no state to report") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const VolumeState state =
      ntfs_state(*mount_file(make_ntfs(dir, "volume", 8 * mib, {{"file", Bytes{1}}})));
  CHECK_FALSE(state.suspicious());
  CHECK(state.detail.empty());
}

TEST_CASE("the dirty flag of an NTFS volume is reported") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  make_ntfs(dir, "volume", 8 * mib, {});
  Bytes volume = read_all(dir / "volume");
  // $Volume is record 3, in $MFT and in its mirror; VOLUME_INFORMATION (0x70) holds the flags at 10
  // of its value.
  const ByteView view(volume, 0, "");
  int records = 0;
  for (std::size_t record = 0; record + 1024 <= volume.size(); record += 512) {
    if (!view.from(record).starts_with("FILE") || view.u32(record + 44) != 3) continue;
    std::size_t at = record + view.u16(record + 20);
    while (view.u32(at) != 0x70) at += view.u32(at + 4);
    put_u16(volume, at + view.u16(at + 20) + 10, 1);
    ++records;
  }
  REQUIRE(records == 2);
  const VolumeState state = ntfs_state(*mount_bytes(volume));
  CHECK(state.dirty);
}

TEST_CASE("hiberfil.sys is reported when it holds a session or is shorter than its header") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const auto state_with = [&](Bytes data) {
    return ntfs_state(
        *mount_file(make_ntfs(dir, "volume", 8 * mib, {{"hiberfil.sys", std::move(data)}})));
  };
  Bytes session(8192);
  std::copy_n("hibr", 4, session.begin());
  CHECK(state_with(session).hibernated);
  std::copy_n("HIBR", 4, session.begin());
  CHECK(state_with(session).hibernated);
  CHECK(state_with(Bytes(100)).hibernated);
  CHECK_FALSE(state_with(Bytes(8192)).hibernated);
}

TEST_CASE("an unclean log and log version 2.0 of an NTFS volume are reported") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  make_ntfs(dir, "volume", 8 * mib, {});
  Bytes volume = read_all(dir / "volume");
  // A fresh volume has a log filled with FF bytes: give it restart pages.
  std::size_t log = 0;
  while (!std::all_of(volume.begin() + static_cast<std::ptrdiff_t>(log),
                      volume.begin() + static_cast<std::ptrdiff_t>(log + 8192),
                      [](std::uint8_t b) { return b == 0xff; })) {
    log += 512;
  }
  const auto put_page = [&](std::size_t at, std::uint64_t lsn, bool clean, std::uint16_t major) {
    Bytes page(4096);
    std::copy_n("RSTR", 4, page.begin());
    put_u16(page, 4, 30);
    put_u16(page, 6, 9);
    put_u32(page, 16, 4096);
    put_u32(page, 20, 4096);
    put_u16(page, 24, 48);
    put_u16(page, 26, major == 2 ? 0 : 1);
    put_u16(page, 28, major);
    put_u16(page, 30, 77);  // the update sequence number
    for (std::size_t i = 1; i <= 8; ++i) put_u16(page, i * 512 - 2, 77);
    put_u64(page, 48, lsn);
    put_u16(page, 48 + 12, clean ? 0xffff : 0);
    std::copy(page.begin(), page.end(), volume.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const auto state = [&] { return ntfs_state(*mount_bytes(volume)); };
  put_page(log, 5, true, 1);
  put_page(log + 4096, 5, true, 1);
  CHECK_FALSE(state().suspicious());
  SECTION("the newer page is unclean") {
    put_page(log + 4096, 6, false, 1);
    CHECK(state().unclean_log);
    CHECK_FALSE(state().fast_startup);
  }
  SECTION("the older page is unclean") {
    put_page(log + 4096, 4, false, 1);
    CHECK_FALSE(state().suspicious());
  }
  SECTION("version 2.0") {
    put_page(log, 7, true, 2);
    CHECK(state().fast_startup);
    CHECK_FALSE(state().unclean_log);
  }
  SECTION("one page is torn") {
    volume[log + 1022] ^= 1;
    CHECK_FALSE(state().suspicious());
    volume[log + 4096 + 1022] ^= 1;
    CHECK(state().unclean_log);
  }
}

namespace {

/// The places of all $FILE_NAME of a name, of records and of indices: where its parent stands.
std::vector<std::size_t> file_names(const Bytes& volume, const std::u16string& name) {
  constexpr std::size_t name_at = 66;
  Bytes text = {static_cast<std::uint8_t>(name.size())};
  text.push_back(0);  // the name space, not compared
  for (const char16_t c : name) {
    text.push_back(static_cast<std::uint8_t>(c));
    text.push_back(0);
  }
  std::vector<std::size_t> found;
  for (std::size_t at = name_at; at + text.size() < volume.size(); at += 2) {
    const auto begin = volume.begin() + static_cast<std::ptrdiff_t>(at);
    if (volume[at - 2] != name.size() || !std::equal(text.begin() + 2, text.end(), begin)) continue;
    found.push_back(at - name_at);
  }
  return found;
}

}  // namespace

TEST_CASE("whatever a folder says of a folder in it, the record of that one decides") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const std::string path = make_ntfs(dir, "volume", 8 * mib, {{software, Bytes(9, 's')}});
  const Bytes whole = read_all(path);
  const std::vector<std::size_t> places = file_names(whole, u"Windows");
  REQUIRE(places.size() >= 2);
  const auto check = [&](const char* what, std::size_t at, std::uint8_t value) {
    INFO(what);
    Bytes changed = whole;
    for (const std::size_t place : places) changed[place + at] = value;
    const auto volume = mount_bytes(changed);
    CHECK(names(volume->list("")) == std::vector<std::string>{"Windows/"});
    CHECK(content(*volume->open(software)) == Bytes(9, 's'));
  };
  check("no folder", 59, 0);
  check("a reparse point", 57, 0x04);
  check("an 8.3 name alone", 65, 2);
}

TEST_CASE("one name twice in a folder is an error") {
  if (!have_tool("mkntfs")) return;
  const TempDir dir;
  const std::string path =
      make_ntfs(dir, "volume", 8 * mib, {{"one/name1", Bytes(1)}, {"one/name2", Bytes(2)}});
  Bytes volume = read_all(path);
  for (const std::size_t place : file_names(volume, u"name2")) volume[place + 66 + 8] = '1';
  CHECK_THAT(error_of([&] { mount_bytes(volume)->list("one"); }).what(),
             Catch::Contains("one name twice"));
  CHECK(error_of([&] { mount_bytes(volume)->open("one/name1"); }).kind() == ErrorKind::corrupt);
}
