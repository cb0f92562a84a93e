// The parts of the archive code that other people's programs cannot be made to exercise.
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "imgtools/archive/member_data.h"
#include "imgtools/archive/member_names.h"
#include "imgtools/archive/packing.h"
#include "imgtools/archive/tar_format.h"
#include "imgtools/archive/xxhash64.h"
#include "imgtools/archive/zip_format.h"
#include "imgtools/bytes/error.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;

namespace {

class BytesStream final : public TarStream {
 public:
  explicit BytesStream(Bytes data) : data_(std::move(data)) {}
  std::span<const std::uint8_t> next(std::size_t most) override {
    const auto piece = std::span(data_).subspan(at_, std::min(most, data_.size() - at_));
    at_ += piece.size();
    return piece;
  }

 private:
  Bytes data_;
  std::size_t at_ = 0;
};

void put_text(Bytes& block, std::size_t at, const std::string& text) {
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

/// A header block; `size_field` is its 12 bytes.
Bytes header(const std::string& name, const std::string& size_field, char type) {
  Bytes block(tar_block);
  put_text(block, 0, name);
  put_text(block, 124, size_field);
  put_text(block, 148, "        ");
  block[156] = static_cast<std::uint8_t>(type);
  put_text(block, 257,
           std::string("ustar\0"
                       "00",
                       8));
  unsigned sum = 0;
  for (const std::uint8_t byte : block) sum += byte;
  std::string digits(6, '0');
  for (std::size_t i = 6; i-- > 0; sum /= 8) digits[i] = static_cast<char>('0' + sum % 8);
  put_text(block, 148, digits + std::string("\0 ", 2));
  return block;
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

Bytes filled(const std::string& text) {
  Bytes data(text.begin(), text.end());
  data.resize((data.size() + tar_block - 1) / tar_block * tar_block);
  return data;
}

TarEntry first_entry(const Bytes& tar) {
  BytesStream stream(tar);
  TarWalker walker(stream, "t.tar");
  TarEntry entry;
  REQUIRE(walker.next(entry));
  return entry;
}

}  // namespace

TEST_CASE("names of members are made into paths of a tree") {
  CHECK(clean_name("./a//b/", false).path == "a/b");
  CHECK(clean_name("/a", false).absolute);
  CHECK(clean_name("/a", false).path == "a");
  CHECK(clean_name("a/../b", false).leads_out);
  CHECK(clean_name("a\\b", true).path == "a/b");
  CHECK(clean_name("a\\b", false).path == "a\\b");
  CHECK(clean_name("..\\b", true).leads_out);
}

TEST_CASE("what is kept of an archive is told by names") {
  CHECK(interest_in("x/Windows/System32/config/software", 1) == Interest::keep);
  CHECK(interest_in("export/SYSTEM.LOG2", 1) == Interest::keep);
  CHECK(interest_in("Windows/System32/WINHTTP.DLL", 1) == Interest::keep);
  CHECK(interest_in("Windows/winsxs/x/winhttp.dll", 1) == Interest::none);
  CHECK(interest_in("disk.vhd", 1) == Interest::image);
  CHECK(interest_in("machine.OVA", 1) == Interest::image);
  CHECK(interest_in("Recovery/winre.wim", 1 << 20) == Interest::none);
  CHECK(interest_in("hives/sw_2016", 1 << 20) == Interest::peek);
  CHECK(interest_in("hives/readme", 100) == Interest::none);
}

TEST_CASE("a large member goes to a temporary file and holes of it take no memory") {
  const TempDir dir;
  MemberSpill spill{dir.path()};
  MemberData data("a.tar: big", spill, 10000);
  const Bytes some(8000, 1);
  data.add({0, some});
  CHECK(data.in_memory() == 8000);
  data.add({100000, some});
  CHECK(data.in_memory() == 0);
  const auto source = data.finish(200000);
  REQUIRE(source->size() == 200000);
  CHECK(source->read(0, 8000) == some);
  CHECK(source->read(8000, 92000) == Bytes(92000));
  CHECK(source->read(100000, 8000) == some);
  CHECK(source->read(199999, 1) == Bytes(1));
  MemberData next("a.tar: next", spill, 10);
  next.add({3, some});
  const auto second = next.finish(8003);
  CHECK(second->read(0, 4) == Bytes{0, 0, 0, 1});
  CHECK(source->read(199999, 1) == Bytes(1));
  CHECK(source->read(100000, 8000) == some);
}

TEST_CASE("a changed size is put into each form of number that a tar header has") {
  const std::pair<std::string, std::string> fields[] = {
      {std::string("00000001000\0", 12), std::string("00000020000\0", 12)},
      {"00000001000 ", "00000020000 "},
      {"       1000 ", "      20000 "},
      {"000000001000", "000000020000"},
      {std::string("\x80\0\0\0\0\0\0\0\0\0\x02\0", 12),
       std::string("\x80\0\0\0\0\0\0\0\0\0\x20\0", 12)},
  };
  for (const auto& [before, after] : fields) {
    Bytes tar = header("hive", before, '0');
    append(tar, Bytes(512));
    const TarEntry entry = first_entry(tar);
    CHECK(entry.size == 512);
    CHECK(tar_headers_with_size(entry, 8192) == header("hive", after, '0'));
  }
}

TEST_CASE("a size in a pax record is changed with its own length") {
  const std::string text = "16 path=long/hi\n12 size=512\n13 atime=1.5\n";
  Bytes tar = header("pax", std::string("00000000051\0", 12), 'x');
  append(tar, filled(text));
  append(tar, header("hive", std::string("00000001000\0", 12), '0'));
  append(tar, Bytes(512));
  const TarEntry entry = first_entry(tar);
  CHECK(entry.name == "long/hi");
  CHECK(entry.size == 512);
  CHECK(entry.data_at == 3 * tar_block);
  const Bytes now = tar_headers_with_size(entry, 1048576);
  Bytes expected = header("pax", std::string("00000000055\0", 12), 'x');
  append(expected, filled("16 path=long/hi\n16 size=1048576\n13 atime=1.5\n"));
  append(expected, header("hive", std::string("00004000000\0", 12), '0'));
  CHECK(now == expected);
}

TEST_CASE("a global pax header is seen behind entries of any kind, in pieces of any length") {
  const auto octal = [](unsigned size) {
    return fmt::format("{:011o}", size) + std::string(1, '\0');
  };
  const Bytes data(1024, 'd');  // of 700 bytes, filled up
  const auto with_data = [&](Bytes head) {
    append(head, data);
    return head;
  };
  Bytes pax = header("x", octal(12), 'x');
  append(pax, filled("12 size=700\n"));
  append(pax, with_data(header("file", octal(0), '0')));
  Bytes sparse = header("sparse", octal(700), 'S');
  sparse[482] = 1;
  --sparse[0];  // so that the checksum is right
  Bytes map(512, 'm');
  map[504] = 0;
  append(sparse, map);
  append(sparse, data);
  const std::vector<std::pair<const char*, Bytes>> kinds = {
      {"nothing", {}},
      {"a file", with_data(header("file", octal(700), '0'))},
      {"a folder with a size", header("folder", octal(700), '5')},
      {"a long name", with_data(header("././@LongLink", octal(700), 'L'))},
      {"a size in a pax header", pax},
      {"a hard link with a size", header("link", octal(700), '1')},
      {"a hard link with data", with_data(header("link", octal(700), '1'))},
      {"a sparse file", sparse}};
  Bytes global = header("g", octal(12), 'g');
  append(global, filled("12 path=a/b\n"));
  Bytes harmless = header("g", octal(15), 'g');
  append(harmless, filled("15 comment=a/b\n"));
  for (const auto& kind : kinds) {
    for (const std::size_t piece : {1U, 7U, 512U, 100000U}) {
      INFO(kind.first << " in pieces of " << piece);
      const auto watch = [&](const Bytes& last) {
        Bytes tar = kind.second;
        append(tar, last);
        append(tar, Bytes(1024));
        GlobalPaxWatch watching("t.tar");
        for (std::size_t at = 0; at < tar.size(); at += piece) {
          watching.take(std::span(tar).subspan(at, std::min(piece, tar.size() - at)));
        }
      };
      CHECK_NOTHROW(watch(harmless));
      CHECK_THROWS_WITH(watch(global), Catch::Contains("a global pax header"));
    }
  }
  // What libarchive does not read is passed over.
  for (const char type : {'0', '1'}) {
    GlobalPaxWatch watching("t.tar");
    watching.take(header("file", octal(700), type));
    watching.skip(1024);
    CHECK_THROWS_WITH(watching.take(global), Catch::Contains("a global pax header"));
  }
}

TEST_CASE("a tar that cannot be walked for sure is refused") {
  const auto walk = [](const Bytes& tar) {
    BytesStream stream(tar);
    TarWalker walker(stream, "t.tar");
    TarEntry entry;
    while (walker.next(entry)) {
    }
  };
  const Bytes end(1024);
  Bytes link = header("a", std::string("00000001000\0", 12), '1');
  append(link, end);
  CHECK_THROWS_WITH(walk(link), Catch::Contains("hard link"));
  Bytes global = header("g", std::string("00000000014\0", 12), 'g');
  append(global, filled("12 size=512\n"));
  append(global, end);
  CHECK_THROWS_WITH(walk(global), Catch::Contains("global"));
  Bytes pax = header("x", std::string("00000000014\0", 12), 'x');
  append(pax, filled("99 size=512\n"));
  append(pax, end);
  CHECK_THROWS_WITH(walk(pax), Catch::Contains("pax"));
  Bytes cut = header("a", std::string("00000001000\0", 12), '0');
  CHECK_THROWS_WITH(walk(cut), Catch::Contains("cut off"));
  Bytes wrong = header("a", std::string("00000001000\0", 12), '0');
  wrong[0] = 'b';
  CHECK_THROWS_WITH(walk(wrong), Catch::Contains("a tar header has a wrong checksum"));
}

TEST_CASE("the end of a zip is found behind a comment and before fill and not elsewhere") {
  const auto zip = [](const Bytes& tail) {
    Bytes data(22);
    put_text(data, 0, "PK\5\6");
    data.insert(data.end(), tail.begin(), tail.end());
    return data;
  };
  const auto read = [](const Bytes& data) {
    return read_zip_directory(MemorySource(data, "a.zip")).entries.size();
  };
  CHECK(read(zip({})) == 0);
  CHECK(read(zip(Bytes(9000))) == 0);
  Bytes comment = zip(Bytes(5, 'c'));
  comment[20] = 5;
  CHECK(read(comment) == 0);
  CHECK_THROWS_WITH(read(zip(Bytes(5, 'c'))), Catch::Contains("no end record"));
  Bytes split = zip({});
  split[4] = 1;
  CHECK_THROWS_WITH(read(split), Catch::Contains("split"));
  Bytes far = zip({});
  far[16] = 99;
  CHECK_THROWS_WITH(read(far), Catch::Contains("central directory"));
  Bytes many = zip({});
  many[8] = many[10] = 3;
  CHECK_THROWS_WITH(read(many), Catch::Contains("central directory"));
}

TEST_CASE("XXH64 is what its specification gives whatever the pieces") {
  const auto hash = [](const std::string& text, std::size_t piece) {
    XxHash64 sum;
    const Bytes bytes(text.begin(), text.end());
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      sum.add(std::span(bytes).subspan(at, std::min(piece, bytes.size() - at)));
    }
    return sum.value();
  };
  CHECK(hash("", 1) == 0xEF46DB3751D8E999);
  CHECK(hash("a", 1) == 0xD24EC4F1A98C6E5B);
  CHECK(hash("abc", 2) == 0x44BC2CF5AD770999);
  const std::string text = "Nobody inspects the spammish repetition";
  for (const std::size_t piece : {1U, 7U, 31U, 32U, 33U, 64U}) {
    CHECK(hash(text, piece) == 0xFBCEA83C8A378BF1);
  }
}

TEST_CASE("a file says how it was packed") {
  const auto level = [](const Bytes& head) { return packing_level(MemorySource(head, "a")); };
  CHECK(level({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3}) == 9);
  CHECK(level({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3}) == 1);
  CHECK(level({0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}) == std::nullopt);
  CHECK(level({'B', 'Z', 'h', '7'}) == 7);
  const Bytes xz{0xfd, '7', 'z', 'X', 'Z', 0, 0, 4, 0, 0, 0, 0};
  const auto with = [&xz](const Bytes& block) {
    Bytes all = xz;
    all.insert(all.end(), block.begin(), block.end());
    return all;
  };
  CHECK(level(with({2, 0, 0x21, 1, 22})) == 6);
  CHECK(level(with({3, 0xc0, 0x80, 1, 0xff, 0x7f, 0x21, 1, 28})) == 9);  // with both sizes
  CHECK(level(with({3, 1, 4, 0, 0x21, 1, 12})) == 0);                    // behind a BCJ filter
  CHECK(level(with({0, 0, 0, 0})) == std::nullopt);                      // no block at all
  CHECK_THROWS_AS(level(xz), Error);
  CHECK(zstd_has_checksum(MemorySource({0x28, 0xb5, 0x2f, 0xfd, 4, 0}, "a")));
  CHECK_FALSE(zstd_has_checksum(MemorySource({0x28, 0xb5, 0x2f, 0xfd, 0, 0}, "a")));
}

TEST_CASE("a cpio is told by its header and not by two bytes") {
  const auto binary = [](bool swapped, std::uint16_t mode, const std::string& name) {
    Bytes head(26);
    const auto put = [&](std::size_t at, std::size_t value) {
      head[at + (swapped ? 1 : 0)] = static_cast<std::uint8_t>(value);
      head[at + (swapped ? 0 : 1)] = static_cast<std::uint8_t>(value >> 8);
    };
    put(0, 070707);
    put(6, mode);
    put(20, name.size() + 1);
    head.insert(head.end(), name.begin(), name.end());
    head.push_back(0);
    return head;
  };
  const std::string text = "070701 and so on";
  CHECK(starts_like_cpio(Bytes(text.begin(), text.end())));
  for (const bool swapped : {false, true}) {
    CHECK(starts_like_cpio(binary(swapped, 0100644, "hives/SOFTWARE")));
    CHECK_FALSE(starts_like_cpio(binary(swapped, 0030644, "hives/SOFTWARE")));
    CHECK_FALSE(starts_like_cpio(binary(swapped, 0100644, "")));
    Bytes cut = binary(swapped, 0100644, "hives/SOFTWARE");
    cut.pop_back();
    CHECK_FALSE(starts_like_cpio(cut));
  }
}

TEST_CASE("a tar is told by the sum of its header") {
  Bytes tar = header("hive", std::string("00000001000\0", 12), '0');
  CHECK(starts_like_tar(tar));
  CHECK_FALSE(starts_like_tar(std::span(tar).first(511)));
  ++tar[200];
  CHECK_FALSE(starts_like_tar(tar));
  CHECK_FALSE(starts_like_tar(Bytes(512)));
}

TEST_CASE("names of documents are no names of images") {
  for (const char* name : {"a/letter.DOCX", "photo.jpg", "setup.exe", "readme.txt"}) {
    INFO(name);
    CHECK(is_document_name(name));
  }
  for (const char* name : {"disk.img", "blob.001", "SYSTEM", "x.jpg/SYSTEM", ".txt"}) {
    INFO(name);
    CHECK_FALSE(is_document_name(name));
  }
}
