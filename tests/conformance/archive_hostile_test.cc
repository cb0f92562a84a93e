// Archives that are broken, cut off, encrypted or made to mislead: an error or a warning, never a
// wrong verdict.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "tests/conformance/archive_maker.h"
#include "tests/skip.h"

using namespace goldhive::testing;
using Catch::Contains;
namespace fs = std::filesystem;
using goldhive::Bytes;
using nlohmann::json;

namespace {

json target_of(const RunResult& scan) { return scan.json().at("targets").at(0); }

RunResult scan_json(const std::string& path) { return run_cli({"scan", "--format", "json", path}); }

std::string notes_of(const RunResult& scan) { return target_of(scan).at("notes").dump(); }

}  // namespace

TEST_CASE("an archive that is cut off anywhere is an error that says so and gets no verdict") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  for (const ArchiveKind& kind : archive_kinds()) {
    const std::string path = make_archive(dir, "tree", kind);
    if (path.empty()) continue;
    REQUIRE(run_cli({"scan", path}).status == 0);
    const std::uintmax_t size = fs::file_size(path);
    for (const std::uintmax_t part : {15U, 12U, 8U, 4U, 1U}) {
      if (part == 15 && std::string(kind.name) == "streamed.zip") continue;  // only fill is lost
      fs::resize_file(path, size * part / 16);
      const RunResult scan = scan_json(path);
      INFO(kind.name << " cut to " << part << "/16: " << scan.out);
      CHECK(scan.status == 2);
      CHECK(target_of(scan).at("installations").empty());
      CHECK_FALSE(target_of(scan).at("error").is_null());
    }
    fs::remove(path);
  }
}

TEST_CASE("a tar that stops between two entries is not taken for a whole one") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  shell(dir, "tree", "tar -cf ../a.tar Windows/System32/config; tar -b1 -cf ../b.tar *");
  // Without the end mark: no blocks of zeros, also none that fill up the record.
  Bytes data = dir.read("a.tar");
  while (data.size() > 512 &&
         std::all_of(data.end() - 512, data.end(), [](std::uint8_t byte) { return byte == 0; })) {
    data.resize(data.size() - 512);
  }
  // The last file ends in zeros of its own. The cut leaves a last block of its data.
  data.resize(data.size() + 512 - (data.size() + 511) % 512 - 1);
  const RunResult scan = scan_json(dir.write("cut.tar", data));
  CHECK(scan.status == 2);
  CHECK_THAT(scan.err, Contains("cut off or damaged"));
}

TEST_CASE("a damaged byte in a packed archive is an error or changes no verdict") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  for (const char* name : {"tar.bz2", "tar.xz", "tar.zst", "deflated.zip", "7z"}) {
    const std::string path = make_archive(dir, "tree", name);
    if (path.empty()) continue;
    const std::string file = std::string("tree.") + name;
    const json whole = target_of(scan_json(path)).at("installations");
    const Bytes good = dir.read(file);
    for (const std::size_t part : {1U, 3U, 5U, 7U}) {
      Bytes bad = good;
      for (std::size_t i = 0; i < 8; ++i) bad[bad.size() * part / 8 + i] ^= 0x55;
      dir.write(file, bad);
      const RunResult scan = scan_json(path);
      INFO(name << " damaged at " << part << "/8: " << scan.out);
      if (scan.status != 2) CHECK(target_of(scan).at("installations") == whole);
    }
  }
}

TEST_CASE("a gzip that unpacks to other bytes than were packed is an error") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  // Only stored blocks: then a changed byte damages no code, and only the checksum shows it.
  make_archive(dir, "tree", "gnu.tar");
  const Bytes tar = dir.read("tree.gnu.tar");
  shell(dir, "", "gzip -k tree.gnu.tar");
  const Bytes packed = dir.read("tree.gnu.tar.gz");
  Bytes stored(packed.begin(), packed.begin() + 10);
  stored[3] = 0;
  for (std::size_t at = 0; at < tar.size(); at += 0x8000) {
    const std::size_t length = std::min<std::size_t>(0x8000, tar.size() - at);
    const auto low = static_cast<std::uint8_t>(length & 0xff);
    const auto high = static_cast<std::uint8_t>(length >> 8);
    for (const int byte :
         {at + length == tar.size() ? 1 : 0, int{low}, int{high}, 255 - low, 255 - high}) {
      stored.push_back(static_cast<std::uint8_t>(byte));
    }
    stored.insert(stored.end(), tar.begin() + static_cast<std::ptrdiff_t>(at),
                  tar.begin() + static_cast<std::ptrdiff_t>(at + length));
  }
  stored.insert(stored.end(), packed.end() - 8, packed.end());
  CHECK(run_cli({"scan", dir.write("good.tar.gz", stored)}).status == 0);
  const std::string text = "regf";  // a byte in the slack of a hive, far from any header
  const auto hive = std::search(stored.begin(), stored.end(), text.begin(), text.end());
  hive[600] ^= 1;
  const Bytes another(packed.begin(), packed.end());
  // Damages the file's own trailer, then that of a member with another member behind it.
  for (const Bytes& behind : {Bytes(), another}) {
    Bytes bad = stored;
    bad.insert(bad.end(), behind.begin(), behind.end());
    const RunResult scan = run_cli({"scan", dir.write("bad.tar.gz", bad)});
    CHECK(scan.status == 2);
    CHECK_THAT(scan.err, Contains("gzip: incorrect data check"));
  }
}

TEST_CASE("a packed file of several parts is read whole or is an error") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  const struct {
    const char* name;
    const char* tool;
    std::size_t head;  // how many bytes of a part show its kind
  } kinds[] = {{"gz", "gzip", 3}, {"bz2", "bzip2", 4}, {"xz", "xz", 6}, {"zst", "zstd", 4}};
  shell(dir, "tree", "tar -cf ../tree.tar .");
  for (const auto& kind : kinds) {
    if (!have_tool(kind.tool)) continue;
    INFO(kind.name);
    const std::string tool = kind.tool;
    const std::string file = std::string("a.tar.") + kind.name;
    // The first part ends in the middle of the tar, so it must not pass for the whole.
    shell(dir, "",
          "head -c 100000 tree.tar | " + tool + " > 1; tail -c +100001 tree.tar | " + tool +
              " > 2; cat 1 2 > " + file);
    const Bytes first = dir.read("1");
    const Bytes good = dir.read(file);
    CHECK(run_cli({"scan", dir / file}).status == 0);

    Bytes padded = good;
    padded.resize(padded.size() + 1024);
    if (std::string(kind.name) != "zst") {
      CHECK(run_cli({"scan", dir.write("padded", padded)}).status == 0);
    }
    padded.back() = 'x';
    CHECK(run_cli({"scan", dir.write("followed", padded)}).status == 2);
    // As an image, which has no end mark.
    for (std::size_t i = 0; i < kind.head; ++i) {
      Bytes bad = good;
      bad[first.size() + i] ^= 0x20;
      const RunResult scan = run_cli({"scan", dir.write("bad", bad)});
      INFO("byte " << i << " of the second part: " << scan.out);
      CHECK(scan.status == 2);
      CHECK_THAT(scan.err, Contains("cut off or damaged"));
    }
  }
}

namespace {

/// A good Windows in a zip whose members are deflated.
Bytes deflated_zip(const TempDir& dir) {
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  make_archive(dir, "tree", "deflated.zip");
  return dir.read("tree.deflated.zip");
}

}  // namespace

TEST_CASE("a damaged name in a zip hides no file") {
  if (!have_tool("zip")) return;
  const TempDir dir;
  const Bytes good = deflated_zip(dir);
  const std::string name = "Windows/System32/webio.dll";
  auto at = good.begin();
  for (const char* where : {"local header", "directory"}) {
    at = std::search(at, good.end(), name.begin(), name.end());
    REQUIRE(at != good.end());
    Bytes bad = good;
    bad[static_cast<std::size_t>(at++ - good.begin()) + name.size() - 1] ^= 1;
    const RunResult scan = run_cli({"scan", dir.write("bad.zip", bad)});
    INFO(where << ": " << scan.out);
    CHECK(scan.status == 2);
    CHECK_THAT(scan.err, Contains("the name in a local header"));
  }
}

TEST_CASE("a zip whose two headers of a member contradict each other is an error") {
  if (!have_tool("zip")) return;
  const TempDir dir;
  const Bytes good = deflated_zip(dir);
  const std::string name = "Windows/System32/webio.dll";
  const auto local = std::search(good.begin(), good.end(), name.begin(), name.end());
  const auto central = std::search(local + 1, good.end(), name.begin(), name.end());
  REQUIRE(central != good.end());
  constexpr std::ptrdiff_t record = 46;
  const struct {
    const char* title;
    std::ptrdiff_t at;  // in the record of the directory
  } fields[] = {{"encryption", 8}, {"method", 10}, {"CRC", 16}, {"packed size", 20}, {"size", 24}};
  for (const auto& field : fields) {
    Bytes bad = good;
    bad[static_cast<std::size_t>(central - good.begin() - record + field.at)] ^= 1;
    const RunResult scan = run_cli({"scan", dir.write("bad.zip", bad)});
    INFO(field.title << ": " << scan.out);
    CHECK(scan.status == 2);
    CHECK_THAT(scan.err, Contains(std::string("the ") + field.title + " in the local header"));
  }
}

TEST_CASE("an encrypted archive is an error that names encryption") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const struct {
    const char* tool;
    const char* command;
  } kinds[] = {{"zip", "zip -qr -P secret \"$1\" ."},
               {"7z", "7z a -bd -bso0 -tzip -mem=AES256 -psecret \"$1\" ."},
               {"7z", "7z a -bd -bso0 -t7z -psecret \"$1\" ."},
               {"7z", "7z a -bd -bso0 -t7z -mhe=on -psecret \"$1\" ."}};
  int number = 0;
  for (const auto& kind : kinds) {
    if (!have_tool(kind.tool)) continue;
    const std::string path = dir / ("locked" + std::to_string(++number) + ".zip");
    shell(dir, "tree", kind.command, path);
    const RunResult scan = run_cli({"scan", path});
    INFO(kind.command << "\n" << scan.out << scan.err);
    CHECK(scan.status == 2);
    CHECK_THAT(scan.err, Contains("ncrypt"));
    CHECK_THAT(scan.out, !Contains("FAIL") && !Contains("PASS"));
  }
}

TEST_CASE("a part of a split archive is an error") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  if (have_tool("zip")) {
    shell(dir, "tree", "zip -qr -s 64k ../split.zip .");
    const RunResult last = run_cli({"scan", dir / "split.zip"});
    INFO(last.out);
    CHECK(last.status == 2);
    CHECK_THAT(last.err, Contains("split"));
    CHECK(run_cli({"scan", dir / "split.z01"}).status == 2);
  }
  if (have_tool("7z")) {
    shell(dir, "tree", "7z a -bd -bso0 -mx0 -v64k ../split.7z .");
    CHECK(run_cli({"scan", dir / "split.7z.001"}).status == 2);
    CHECK(run_cli({"scan", dir / "split.7z.002"}).status == 2);
  }
  shell(dir, "tree",
        "tar -cM -L 64 -f ../1.tar -f ../2.tar -f ../3.tar -f ../4.tar -f ../5.tar "
        "-f ../6.tar -f ../7.tar -f ../8.tar -f ../9.tar . </dev/null || true");
  CHECK(run_cli({"scan", dir / "1.tar"}).status == 2);
  CHECK(run_cli({"scan", dir / "2.tar"}).status == 2);
}

TEST_CASE("names that leave the archive are passed over and absolute ones read as relative") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  shell(dir, "tree",
        "tar -P -cf ../out.tar --transform 's,^,../,' . ; "
        "tar -P -cf ../abs.tar --transform 's,^[.]/,/,' .");
  const RunResult outside = scan_json(dir / "out.tar");
  CHECK(outside.status == 2);
  CHECK_THAT(notes_of(outside), Contains("'..' in the name: passed over"));
  const RunResult absolute = scan_json(dir / "abs.tar");
  INFO(absolute.out);
  CHECK(absolute.status == 0);
  CHECK_THAT(notes_of(absolute), Contains("absolute name"));
}

TEST_CASE("of a name twice in a tar the last counts and in a zip neither") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "old");
  put_tree(dir, "windows-7-sp1-x64-ready", "new");
  shell(dir, "old", "tar -cf ../a.tar *");
  shell(dir, "new", "tar -rf ../a.tar *");
  const RunResult tar = scan_json(dir / "a.tar");
  CHECK(tar.status == 0);
  CHECK_THAT(notes_of(tar), Contains("with the name of an earlier entry: the last one counts"));

  if (!have_tool("zip")) return;
  // Two archives whose names are the same after the directory of one was edited.
  fs::rename(dir / "old/Windows", dir / "old/Windowz");
  shell(dir, "old", "zip -q0r ../a.zip Windowz");
  shell(dir, "new", "zip -q0r ../a.zip Windows");
  Bytes data = dir.read("a.zip");
  const std::string wrong = "Windowz/";
  for (auto at = data.begin();
       (at = std::search(at, data.end(), wrong.begin(), wrong.end())) != data.end();) {
    at[6] = 's';
  }
  const RunResult zip = scan_json(dir.write("b.zip", data));
  INFO(zip.out);
  CHECK(zip.status == 2);
  CHECK_THAT(zip.out, Contains("occurs more than once"));
}

TEST_CASE("an archive bomb stops at a budget that a flag raises") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  shell(dir, "tree", "truncate -s 1200M bomb.img; tar --zstd -cf ../bomb.tar.zst .");
  const RunResult scan = run_cli({"scan", dir / "bomb.tar.zst"});
  CHECK(scan.status == 2);
  CHECK_THAT(scan.err, Contains("archive bomb") && Contains("--max-unpacked"));
  CHECK(run_cli({"scan", "--max-unpacked", "100K", dir / "bomb.tar.zst"}).status == 2);
  CHECK(run_cli({"scan", "--depth", "0", "--max-unpacked", "2G", dir / "bomb.tar.zst"}).status ==
        0);
}

TEST_CASE("zeros without end behind packed bytes cost no more than some of them") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  for (const char* kind : {"tar.gz", "tar.bz2", "tar.xz", "tar.zst"}) {
    const std::string path = make_archive(dir, "tree", kind);
    if (path.empty()) continue;
    INFO(kind);
    const std::uintmax_t size = fs::file_size(path);
    fs::resize_file(path, (size + (32 << 20)) / 4 * 4);  // the padding of xz comes in fours
    const bool zeros_may_follow = std::string(kind) != "tar.zst";
    CHECK((run_cli({"scan", path}).status == 0) == zeros_may_follow);
    std::error_code cannot;
    fs::resize_file(path, std::uintmax_t{4} << 40, cannot);
    if (cannot) {
      skip("no files of 4 TiB here");
      return;
    }
    const auto before = std::chrono::steady_clock::now();
    const RunResult scan = scan_json(path);
    CHECK(scan.status == 2);
    if (zeros_may_follow) {
      CHECK_THAT(scan.err, Contains("more than 64 MiB of zeros follow the compressed data"));
    }
    CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(30));
  }
}

TEST_CASE("a global pax header that sets the path or the size is an error of scan and patch") {
  // GNU tar reads them and does not write them.
  const auto global = [](const std::string& record) {
    Bytes tar(1024);
    const std::string size = fmt::format("{:011o}", record.size());
    const auto put = [&](std::size_t at, const std::string& text) {
      std::copy(text.begin(), text.end(), tar.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(0, "g");
    put(124, size);
    put(148, "        g");
    put(257, "ustar");
    put(263, "00");
    put(512, record);
    unsigned sum = 0;
    for (std::size_t i = 0; i < 512; ++i) sum += tar[i];
    put(148, fmt::format("{:06o}", sum) + std::string(1, '\0'));
    return tar;
  };
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  dir.write("tree/large", Bytes(3 << 20, 'x'));  // which is passed over
  shell(dir, "tree", "tar -b1 --format=pax -cf ../head large && truncate -s -1024 ../head");
  shell(dir, "tree", "tar --format=pax -cf ../tail Windows");
  const Bytes head = dir.read("head");
  const Bytes tail = dir.read("tail");
  const auto make = [&](const std::string& record) {
    Bytes tar = head;
    const Bytes between = global(record);
    tar.insert(tar.end(), between.begin(), between.end());
    tar.insert(tar.end(), tail.begin(), tail.end());
    dir.write("a.tar", tar);
    shell(dir, "", "gzip -kf a.tar");
  };
  for (const char* record : {"12 path=a/b\n", "12 size=512\n"}) {
    make(record);
    for (const char* name : {"a.tar", "a.tar.gz"}) {
      INFO(name << ": " << record);
      const RunResult scan = scan_json(dir / name);
      CHECK(scan.status == 2);
      CHECK(target_of(scan).at("installations").empty());
      CHECK_THAT(scan.err, Contains("a global pax header that sets the path or the size"));
      CHECK_THAT(refused_patch(dir / name).err,
                 Contains("a global pax header that sets the path or the size"));
    }
  }
  make("14 comment=no\n");
  CHECK(scan_json(dir / "a.tar").status == 1);
  CHECK(scan_json(dir / "a.tar.gz").status == 1);
}

TEST_CASE("a cpio whose next name has gigabytes is not read into memory") {
  const TempDir dir;
  std::string head = "070701";
  for (int field = 0; field < 13; ++field) head += field == 11 ? "F0000000" : "00000001";
  const std::string path = dir.write("a.cpio", Bytes(head.begin(), head.end()));
  fs::resize_file(path, 200 << 20);
  shell(dir, ".", "zstd -q --fast a.cpio -o b.cpio.zst");
  for (const char* name : {"a.cpio", "b.cpio.zst"}) {
    const RunResult scan = scan_json(dir / name);
    INFO(scan.out);
    CHECK(scan.status == 2);
    CHECK_THAT(scan.err, Contains("the header of a member is too long"));
  }
}

TEST_CASE("a link in an archive is not followed and what is behind it is not absent") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64-ready", "tree");
  shell(dir, "tree",
        "mv Windows/SysWOW64 elsewhere; ln -s ../elsewhere Windows/SysWOW64; tar -cf ../a.tar *");
  const RunResult folder = scan_json(dir / "a.tar");
  CHECK(folder.status == 2);
  CHECK_THAT(folder.out, Contains("symbolic link in an archive"));
  shell(dir, "tree",
        "rm Windows/SysWOW64; mv elsewhere Windows/SysWOW64; cd Windows/System32;"
        "ln config/SOFTWARE aaa; tar -cf ../../../b.tar -C ../.. Windows/System32/aaa Windows");
  const RunResult hard = scan_json(dir / "b.tar");
  INFO(hard.out << hard.err);
  CHECK(hard.status == 0);
}
