// From the command line to targets: lists, folders of images, Windows backups.
#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "src/target/windows_backup.h"
#include "tests/cli/session.h"
#include "tests/support/host.h"
#include "tests/support/libraries.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using namespace goldhive::tests;
using nlohmann::json;

namespace {

using Paths = std::vector<std::string>;

Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

/// A raw disk with one partition of unknown content. It is an image by its content, and it may hold
/// Windows.
Bytes opaque_disk() {
  Bytes disk(4096);
  disk[446 + 4] = 0x07;  // type
  disk[446 + 8] = 1;     // first sector
  disk[446 + 12] = 7;    // sectors
  disk[510] = 0x55;
  disk[511] = 0xaa;
  return disk;
}

json scan(Session& session, Paths arguments, const std::string& input = "") {
  arguments.insert(arguments.begin(), {"scan", "-f", "json"});
  return session.run(arguments, input).json();
}

Paths paths_of(const json& report) {
  Paths paths;
  for (const json& target : report["targets"]) paths.push_back(target["path"]);
  return paths;
}

}  // namespace

TEST_CASE("A folder of images is walked and what is no image is counted and passed over") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "lib/a/b/c/d/win7");
  session.put_recipe("layout-flat", "lib/hives");
  session.storage.put("lib/disk.bin", opaque_disk());
  session.storage.put("lib/notes.txt", bytes_of("not an image"));
  session.storage.put("lib/empty", Bytes());
  const json report = scan(session, {"lib"});
  // A folder with an installation is one target with all that is a folder or two below it, like a
  // disk with several installations.
  CHECK(paths_of(report) == Paths{"lib", "lib/a/b/c/d", "lib/disk.bin"});
  CHECK(report["summary"]["passed_over"] == 2);
  CHECK(report["targets"][2]["status"] == "error");
}

TEST_CASE("A list of targets on standard input has the limit that one in a file has") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  const std::string limit(64 << 20, '\n');
  CHECK(paths_of(scan(session, {"-"}, limit.substr(5) + "win7\n")) == Paths{"win7"});
  for (const std::string& text : {limit + "\n", std::string(limit.size() + 1, '\0')}) {
    const Outcome got = session.run({"scan", "-"}, text);
    CHECK(got.code == 2);
    CHECK_THAT(got.err, Catch::Contains("standard input: is too large for a list of targets"));
  }
}

TEST_CASE("With strict what is no image is an error of its own") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "lib/win7");
  session.storage.put("lib/notes.txt", bytes_of("not an image"));
  const json report = scan(session, {"--strict", "lib"});
  CHECK(paths_of(report) == Paths{"lib", "lib/notes.txt"});
  CHECK(report["targets"][1]["status"] == "error");
  CHECK(report["summary"]["passed_over"] == 0);
}

TEST_CASE("A Windows tree is one target whatever images Windows keeps in it") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "win7");
  session.storage.put("win7/Recovery/winre.img", opaque_disk());
  CHECK(paths_of(scan(session, {"win7"})) == Paths{"win7"});
}

TEST_CASE("A folder without anything is the error it always was") {
  Session session;
  session.storage.put("lib/notes.txt", bytes_of("not an image"));
  const Outcome outcome = session.run({"scan", "lib"});
  CHECK(outcome.code == 2);
  CHECK_THAT(outcome.err, Catch::Contains("lib: ") && Catch::Contains("no Windows installation"));
}

TEST_CASE("Stores of single files are named and not entered") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "lib/win7");
  session.storage.put("lib/System Volume Information/disk.bin", opaque_disk());
  session.storage.put("lib/FileHistory/pc/disk.bin", opaque_disk());
  const Outcome outcome = session.run({"scan", "-v", "lib"});
  CHECK_THAT(outcome.err, Catch::Contains("lib/System Volume Information: passed over") &&
                              Catch::Contains("lib/FileHistory: passed over"));
}

TEST_CASE("What a patch keeps beside a target is no target of a folder") {
  Session session;
  session.storage.put("lib/disk.bin", opaque_disk());
  for (const char* name : {"disk.bin.goldhive-undo.original", "disk.bin.goldhive-undo.2.original",
                           "disk.bin.goldhive-old", "disk.bin.goldhive-new",
                           "disk.bin.goldhive-journal.new", "goldhive-journal"}) {
    session.storage.put(std::string("lib/") + name, opaque_disk());
  }
  const json report = scan(session, {"lib", "--strict"});
  CHECK(paths_of(report) == Paths{"lib/disk.bin"});
  CHECK(report["summary"]["passed_over"] == 0);
}

TEST_CASE("What is kept for undo is not patched when it is named") {
  Session session;
  session.storage.put("disk.bin.goldhive-undo.original", opaque_disk());
  const auto run = session.run({"patch", "disk.bin.goldhive-undo.original"});
  CHECK(run.code == 2);
  CHECK_THAT(run.err, Catch::Contains("is kept for undo and is not patched"));
  CHECK(session.storage.changes().empty());
}

TEST_CASE("Targets come from a list file and from standard input") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "a");
  session.put_recipe("layout-flat", "b");
  session.storage.put("list.txt", bytes_of("b\r\n\na\n"));
  CHECK(paths_of(scan(session, {"@list.txt", "a"})) == Paths{"b", "a", "a"});
  CHECK(paths_of(scan(session, {"-"}, "a\nb\n")) == Paths{"a", "b"});
  CHECK(session.run({"scan", "@missing.txt"}).code == 2);
}

TEST_CASE("A line of a list that begins with a number sign is a comment") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "a");
  session.put_recipe("layout-flat", "#b");
  const std::string list = "# images of the lab\n\na\n#b\n./#b\n  \n";
  session.storage.put("list.txt", bytes_of(list));
  CHECK(paths_of(scan(session, {"@list.txt"})) == Paths{"a", "./#b"});
  CHECK(paths_of(scan(session, {"-"}, "#b\r\na\r\n")) == Paths{"a"});
  CHECK_THAT(session.run({"scan", "-"}, "# nothing\n").err,
             Catch::Contains("the list of targets is empty"));
}

TEST_CASE("With null the names of a list end with a NUL and are taken as they are") {
  Session session;
  const std::string odd = "new\nline ";
  const Paths names = {"#a", odd, "b"};
  std::string list;
  for (const std::string& name : names) {
    session.put_recipe("layout-flat", name);
    list += name + '\0';
  }
  session.storage.put("list", bytes_of(list));
  for (const char* flag : {"-0", "--null"}) {
    CHECK(paths_of(scan(session, {flag, "@list"})) == names);
    CHECK(paths_of(scan(session, {"-", flag}, list + '\0')) == names);
  }
  CHECK(paths_of(scan(session, {"-0", "-"}, list.substr(0, list.size() - 1))) == names);
  CHECK_THAT(session.run({"scan", "-"}, list).err,
             Catch::Contains("standard input: holds NULs") && Catch::Contains("--null"));
  CHECK_THAT(session.run({"scan", "@list"}).err, Catch::Contains("list: holds NULs"));
  CHECK_THAT(session.run({"scan", "-0", "-"}, std::string(2, '\0')).err,
             Catch::Contains("the list of targets is empty"));
}

TEST_CASE("Lists are read as Windows writes them, with a byte order mark and in UTF-16") {
  Session session;
  session.put_recipe("layout-flat", "Gr\u00fc\u00dfe");
  const std::string utf8 = "\xef\xbb\xbfGr\u00fc\u00dfe\r\n";
  const std::string utf16("\xff\xfeG\0r\0\xfc\0\xdf\0e\0\r\0\n\0", 16);
  for (const std::string& list : {utf8, utf16}) {
    session.storage.put("list.txt", bytes_of(list));
    CHECK(paths_of(scan(session, {"@list.txt"})) == Paths{"Gr\u00fc\u00dfe"});
    CHECK(paths_of(scan(session, {"-"}, list)) == Paths{"Gr\u00fc\u00dfe"});
  }
}

TEST_CASE("A path that begins with an at sign and exists is no list") {
  Session session;
  session.put_recipe("layout-flat", "@home");
  CHECK(paths_of(scan(session, {"@home"})) == Paths{"@home"});
}

TEST_CASE("A report overwrites no image that a folder or a list brings in") {
  Session session;
  session.put_recipe("windows-7-sp1-x64", "lib/win7");
  session.storage.put("lib/disk.bin", opaque_disk());
  session.storage.put("elsewhere.bin", opaque_disk());
  session.storage.put("plain", bytes_of("a target by force of --input-format"));
  session.storage.put("list.txt", bytes_of("plain\n"));
  using Arguments = std::vector<Paths>;
  for (const Paths& arguments :
       Arguments{{"scan", "lib", "-o", "lib/disk.bin"},
                 {"scan", "lib", "--report", "json=elsewhere.bin"},
                 {"plan", "lib", "-o", "lib/disk.bin"},
                 {"scan", "@list.txt", "--input-format", "raw", "-o", "plain"}}) {
    const Outcome got = session.run(arguments);
    INFO(got.err);
    CHECK(got.code == 2);
    CHECK_THAT(got.err, Catch::Contains("must not overwrite"));
  }
  CHECK(session.storage.changes().empty());
}

TEST_CASE("A target that cannot even be looked for does not stop the others") {
  if (!testing::host_makes_links()) return;
  const testing::TempDir dir;
  std::filesystem::create_symlink("loop", dir / "loop");
  std::filesystem::create_directory(dir / "empty");
  std::ostringstream out;
  std::ostringstream err;
  const int code = cli::run({"scan", dir / "loop", dir / "empty", "-f", "json"}, out, err);
  CHECK(code == 2);
  const json report = json::parse(out.str());
  REQUIRE(report["targets"].size() == 2);
  CHECK(report["targets"][0]["error"]["kind"] == "io");
  CHECK(report["targets"][1]["error"]["kind"] == "not-found");
}

TEST_CASE("The output is the same for any number of jobs") {
  Session session;
  for (int i = 0; i < 12; ++i) {
    session.put_recipe(i % 3 == 0 ? "layout-flat" : "windows-7-sp1-x64",
                       "lib/" + std::to_string(i) + "/x/y/win");
  }
  session.storage.put("lib/5/broken", bytes_of("regf, and nothing that follows"));
  for (const std::string format : {"text", "json", "jsonl"}) {
    const Outcome one = session.run({"scan", "lib", "-f", format, "-j", "1"});
    for (const std::string jobs : {"2", "7"}) {
      const Outcome many = session.run({"scan", "lib", "-f", format, "-j", jobs});
      CHECK(many.out == one.out);
      CHECK(many.err == one.err);
      CHECK(many.code == one.code);
    }
  }
}

TEST_CASE("A Windows backup is known by the folders around it") {
  const auto backup =
      target::windows_backup_of("/srv/WindowsImageBackup/PC7/Backup 2016-07-08 101112/a.vhd");
  REQUIRE(backup);
  CHECK(backup->machine == "PC7");
  CHECK(backup->time == "2016-07-08 101112");
  CHECK(target::windows_backup_of("D:\\windowsimagebackup\\PC7\\backup 2016-07-08 101112\\a.vhd"));
  CHECK_FALSE(target::windows_backup_of("/srv/WindowsImageBackup/PC7/Catalog/GlobalCatalog"));
  CHECK_FALSE(target::windows_backup_of("/srv/PC7/Backup 2016-07-08 101112/a.vhd"));
  CHECK_FALSE(target::windows_backup_of("/srv/WindowsImageBackup/PC7/Backup 2016-07-08 101112"));
}

TEST_CASE("The report of a disk of a Windows backup names machine and time") {
  Session session;
  session.storage.put("WindowsImageBackup/PC7/Backup 2016-07-08 101112/a.bin", opaque_disk());
  const json report = scan(session, {"WindowsImageBackup"});
  REQUIRE(report["targets"].size() == 1);
  CHECK(report["targets"][0]["backup"] ==
        json({{"machine", "PC7"}, {"time", "2016-07-08 101112"}}));
}

namespace {

/// The end of a zip whose first member has that name and holds a few bytes of text.
Bytes small_zip(const std::string& name) {
  const std::string data = "text";
  const auto le = [](std::uint64_t value, int bytes) {
    std::string out;
    for (; bytes > 0; --bytes, value >>= 8) out += static_cast<char>(value & 0xff);
    return out;
  };
  const std::string sums = le(0x3b8ba7c7, 4) + le(4, 4) + le(4, 4);  // CRC-32 of "text"
  const std::string local = "PK\3\4" + le(20, 2) + le(0, 8) + sums + le(name.size(), 2) + le(0, 2);
  const std::string central = "PK\1\2" + le(20, 2) + le(20, 2) + le(0, 8) + sums +
                              le(name.size(), 2) + le(0, 12) + le(0, 4);
  const std::string end = "PK\5\6" + le(0, 4) + le(1, 2) + le(1, 2) +
                          le(central.size() + name.size(), 4) +
                          le(local.size() + name.size() + data.size(), 4) + le(0, 2);
  return bytes_of(local + name + data + central + name + end);
}

}  // namespace

TEST_CASE("Ordinary files of a folder are one line, whatever they are packed in") {
  if (!testing::have_library("libarchive")) return;
  Session session;
  session.put_recipe("windows-7-sp1-x64-ready", "lib/win7");
  session.storage.put("lib/docs/letter.docx", small_zip("[Content_Types].xml"));
  session.storage.put("lib/docs/letters.zip", small_zip("letter.txt"));
  session.storage.put("lib/docs/list.zip", small_zip("software"));
  session.storage.put("lib/docs/drivers.cab", bytes_of(std::string("MSCF\0\0\0\0....", 12)));
  session.storage.put("lib/docs/fix.reg", bytes_of("REGEDIT4\r\n"));
  session.storage.put("lib/docs/software", bytes_of("a list of programs"));
  session.storage.put("lib/etc/x/SYSTEM", bytes_of("not a hive either"));
  const Outcome outcome = session.run({"scan", "lib"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, !Catch::Contains("docs") && !Catch::Contains("etc"));
  CHECK(outcome.err ==
        "goldhive: 7 files in folders are no image and were passed over (--strict makes that an "
        "error, -v names them)\n");
  CHECK_THAT(session.run({"scan", "-v", "lib"}).err,
             Catch::Contains("lib/docs/letters.zip: passed over") &&
                 Catch::Contains("lib/docs/software: passed over"));
  CHECK(session.run({"scan", "--strict", "lib"}).code == 2);
}

TEST_CASE("What may hold a Windows and is not read is an error in a folder, by its name") {
  const std::pair<const char*, const char*> rows[] = {
      {"Rar!\x1a\x07\1", "is a RAR archive"},
      {"LUKS\xba\xbe", "is a volume that is encrypted by LUKS"},
      {"partclone-image", "is a partclone image"},
      {"PaRtImAgE-VoLuMe", "is a partimage image"},
      {"ADSEGMENTEDFILE", "is an AccessData logical image"},
  };
  for (const auto& [mark, says] : rows) {
    Session session;
    session.put_recipe("windows-7-sp1-x64-ready", "lib/win7");
    session.storage.put("lib/backup.001", bytes_of(std::string(mark) + std::string(600, '\0')));
    const Outcome outcome = session.run({"scan", "lib"});
    INFO(outcome.out << outcome.err);
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, Catch::Contains(std::string("lib/backup.001: ") + says));
  }
}

TEST_CASE("A disk of another system is no error and its note stands under its name") {
  Bytes disk = opaque_disk();
  disk.resize(64 << 10);
  disk[446 + 4] = 0x83;
  const std::string xfs = "XFSB";
  std::copy(xfs.begin(), xfs.end(), disk.begin() + 512);
  Session session;
  session.put_recipe("windows-7-sp1-x64-ready", "lib/a");
  session.storage.put("lib/server.img", disk);
  const Outcome outcome = session.run({"scan", "lib", "--all"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.code == 0);
  CHECK_THAT(outcome.out, Catch::Contains("NOT-APPLICABLE\n  note: holds no Windows: :p1 XFS"));
  CHECK(outcome.out.find("lib/server.img") < outcome.out.find("holds no Windows"));
  CHECK(session.run({"scan", "lib/server.img"}).code == 0);
}
