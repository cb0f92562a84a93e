#include "imgtools/formats.h"

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/host.h"
#include "tests/support/recording_storage.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::RecordingStorage;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

/// 8 KiB that pass for a hive as far as this layer looks.
Bytes hive_like() {
  Bytes data(8192);
  const std::string regf = "regf";
  const std::string hbin = "hbin";
  std::copy(regf.begin(), regf.end(), data.begin());
  std::copy(hbin.begin(), hbin.end(), data.begin() + 4096);
  return data;
}

Bytes log_like() {
  Bytes data = hive_like();
  data[28] = 1;
  const std::string dirt = "DIRT";
  std::copy(dirt.begin(), dirt.end(), data.begin() + 512);
  return data;
}

std::vector<std::string> names(const std::vector<TreeEntry>& entries) {
  std::vector<std::string> result;
  for (const TreeEntry& entry : entries) result.push_back(entry.name);
  return result;
}

Error error_of(const std::string& path, const OpenOptions& options = {}) {
  try {
    open_image(*host_read_storage(), path, options);
  } catch (const Error& e) {
    return e;
  }
  FAIL("opened: " << path);
  return Error(ErrorKind::usage, "");
}

}  // namespace

TEST_CASE("a folder of a tree is listed once for all the paths that lead through it") {
  const TempDir dir;
  for (const char* machine : {"a", "b", "c"}) {
    for (int i = 0; i < 10; ++i)
      dir.write(std::string(machine) + "/" + std::to_string(i) + "/x", "");
  }
  const RecordingStorage storage(host_storage());
  const auto image = open_image(storage, dir.path());
  for (const char* machine : {"A", "B", "C"}) {
    for (int i = 0; i < 10; ++i) {
      CHECK(image->volumes()[0].tree->find(std::string(machine) + "/" + std::to_string(i) + "/X"));
    }
  }
  const auto& calls = storage.calls();
  CHECK(std::count_if(calls.begin(), calls.end(), [&](const RecordingStorage::Call& call) {
          return call.name == "list" && call.path == dir.path();
        }) == 1);
}

TEST_CASE("a directory opens as one volume whose tree finds names in any case") {
  const TempDir dir;
  dir.write("windows/System32/Config/SOFTWARE", "hive");
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, dir.path());
  CHECK(image->format() == "directory");
  REQUIRE(image->volumes().size() == 1);
  CHECK(image->volumes()[0].id.empty());
  const FileTree& tree = *image->volumes()[0].tree;
  CHECK(names(tree.list("")) == std::vector<std::string>{"windows"});
  CHECK(tree.find("WINDOWS/system32/config/software") == "windows/System32/Config/SOFTWARE");
  CHECK_FALSE(tree.find("windows/System32/config/SYSTEM"));
  CHECK_FALSE(tree.find("windows/System32/config/SOFTWARE/below"));
  CHECK(tree.open_if_present("windows/system32/config/software")->size() == 4);
  CHECK_FALSE(tree.open_if_present("windows/system32"));
  CHECK_FALSE(tree.open_if_present("windows/absent"));
}

TEST_CASE("names are found in one folder after the other, and in the first again") {
  const TempDir dir;
  dir.write("a/file", "1");
  dir.write("b/file", "2");
  dir.write("a/log", "3");
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, dir.path());
  const FileTree& tree = *image->volumes()[0].tree;
  CHECK(tree.find("A/FILE") == "a/file");
  CHECK(tree.find("A/LOG") == "a/log");
  CHECK_FALSE(tree.find("b/log"));
  CHECK(tree.find("b/file") == "b/file");
  CHECK_FALSE(tree.find("log"));
  CHECK(tree.find("a/log") == "a/log");
}

TEST_CASE("of two names that differ in case the exact one wins") {
  if (!testing::host_tells_case()) return;
  const TempDir dir;
  dir.write("SYSTEM", "upper");
  dir.write("system", "low");
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, dir.path());
  const FileTree& tree = *image->volumes()[0].tree;
  CHECK(tree.find("system") == "system");
  CHECK(tree.find("SYSTEM") == "SYSTEM");
  CHECK(tree.find("System") == "SYSTEM");
}

TEST_CASE("a link inside the tree is followed and one that leaves it is absent and noted") {
  if (!testing::host_makes_links()) return;
  const TempDir dir;
  dir.write("secret/SOFTWARE", "not yours");
  dir.write("root/Users/file", "user");
  fs::create_symlink("Users", dir / "root/relative");
  fs::create_symlink(dir / "root/Users", dir / "root/absolute");
  fs::create_symlink("../secret", dir / "root/escape");
  fs::create_symlink(dir / "secret", dir / "root/absolute-escape");
  fs::create_symlink("Users/../../secret", dir / "root/sneaky");
  fs::create_symlink("loop", dir / "root/loop");
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, dir / "root");
  const FileTree& tree = *image->volumes()[0].tree;

  CHECK(names(tree.list("")) == std::vector<std::string>{"Users", "absolute", "relative"});
  CHECK(tree.notes().size() == 4);
  CHECK(tree.open_if_present("RELATIVE/file")->size() == 4);
  CHECK(tree.open_if_present("absolute/file")->size() == 4);
  for (const char* path : {"escape/SOFTWARE", "absolute-escape/SOFTWARE", "sneaky/SOFTWARE",
                           "loop/x", "../secret/SOFTWARE", "Users/../../secret/SOFTWARE"}) {
    INFO(path);
    CHECK_FALSE(tree.open_if_present(path));
    CHECK_THROWS_AS(tree.open(path), Error);
  }
}

TEST_CASE("edits of a tree become edits of host files with links resolved") {
  if (!testing::host_makes_links()) return;
  const TempDir dir;
  dir.write("root/real/SYSTEM", "x");
  fs::create_symlink("real", dir / "root/link");
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, dir / "root");
  const HostChange change = image->host_change(0, {{"link/SYSTEM", 10, {{1, Bytes{7}}}}});
  REQUIRE(change.edits.size() == 1);
  CHECK(change.edits[0].path == dir / "root/real/SYSTEM");
  CHECK(change.edits[0].write.offset == 1);
  CHECK(change.edits[0].write.data == Bytes{7});
  CHECK(change.sizes ==
        std::vector<std::pair<std::string, std::uint64_t>>{{dir / "root/real/SYSTEM", 10}});
}

TEST_CASE("a hive file brings its own logs in any case and nothing else") {
  const TempDir dir;
  const std::string path = dir.write("Software", hive_like());
  dir.write("SOFTWARE.LOG1", "");
  dir.write("software.log2", "log");
  dir.write("SYSTEM.LOG1", "other");
  dir.write("Software.LOG3", "other");
  const auto storage = host_read_storage();
  const auto image = open_image(*storage, path);
  CHECK(image->format() == "hive");
  CHECK(image->host_files() == std::vector<std::string>{path});
  const FileTree& tree = *image->volumes()[0].tree;
  CHECK(names(tree.list("")) ==
        std::vector<std::string>{"SOFTWARE.LOG1", "Software", "software.log2"});
  CHECK(tree.open_if_present("software")->size() == 8192);
  CHECK(tree.open_if_present("Software.LOG2")->size() == 3);
  CHECK_FALSE(tree.open_if_present("SYSTEM.LOG1"));
  CHECK(image->host_change(0, {{"Software", 8192, {}}}).sizes[0].first == path);
}

TEST_CASE("what cannot be opened says why in one line") {
  const TempDir dir;
  CHECK(error_of(dir / "absent").kind() == ErrorKind::not_found);

  const Error empty = error_of(dir.write("empty", ""));
  CHECK(empty.kind() == ErrorKind::unsupported);
  CHECK(empty.message() == "is empty (0 bytes)");

  const Error log = error_of(dir.write("SOFTWARE.LOG1", log_like()));
  CHECK(log.kind() == ErrorKind::unsupported);
  CHECK(log.message().find("is a transaction log") == 0);

  const Error unknown = error_of(dir.write("program.exe", "MZ\x90"));
  CHECK(unknown.kind() == ErrorKind::unsupported);
  CHECK(unknown.message() ==
        "is neither a hive nor an image of a known format: starts with 4d 5a 90 (MZ.)");

  CHECK(error_of(dir.path(), {"hive"}).kind() == ErrorKind::usage);
  CHECK(error_of(dir / "empty", {"no-such-format"}).kind() == ErrorKind::usage);
}

TEST_CASE("a format that is not read is named as what it is, with what to do") {
  using namespace std::string_literals;
  const struct {
    std::string head;
    const char* title;
    const char* advice;
    bool may_hold_windows;
    std::size_t from_end = 0;  ///< where `head` stands
  } rows[] = {
      {"QED\0rest"s, "a QED image", "qemu-img convert", true},
      {"LVF\x09\x0d\x0a\xff\0"s, "(L01)", "FTK Imager", true},
      {"ADSEGMENTEDFILE\0"s, "(AD1)", "FTK Imager", true},
      {"AFF10\r\n\0"s, "an AFF image", "affconvert", true},
      {"partclone-image0.3"s, "partclone", "partclone.restore", true},
      {"PaRtImAgE-VoLuMe"s, "partimage", "restore", true},
      {"\0ntfsclone-image"s, "ntfsclone", "ntfsclone -r", true},
      {"\xfe\xef\x01\x03"s, "Ghost", "restore", true},
      {"\xb4\x6e\x68\x44"s, "Acronis", "restore", true},
      {"\xce\x24\xb9\xa2\x20\0\0\0"s, "Acronis", "restore", true},
      {"MACRIUM_FILE"s, "Macrium", "restore", true, 12},
      {"__79241006_2651_11D4_"s, "Macrium", "restore", true, 40},
      {"LUKS\xba\xbe\0\1"s, "LUKS", "cryptsetup open", true},
      {"koly\0\0\0\4\0\0\2\0"s, "(DMG)", "dmg2img", true, 512},
      {"Rar!\x1a\x07\0"s, "RAR", "unpack it", true},
      {"Rar!\x1a\x07\1\0"s, "RAR", "unpack it", true},
      {"\x04\x22\x4d\x18"s, "lz4", "unpack it", true},
      {"MSCF\0\0\0\0"s, "(CAB)", "unpack it", false},
      {"\xff\xfeW\0i\0n\0d\0o\0w\0s\0 \0R\0e\0g\0i\0s\0t\0r\0y\0 \0E\0"s, "(.reg)", "reg save",
       false},
      {"Windows Registry Editor Version 5.00\r\n"s, "(.reg)", "reg save", false},
      {"REGEDIT4\r\n"s, "(.reg)", "reg save", false},
  };
  const TempDir dir;
  for (const auto& row : rows) {
    INFO(row.title);
    std::string content = row.head;
    if (row.from_end != 0) {
      content = std::string(2000, 'x') + row.head;
      content.resize(2000 + row.from_end, 'y');
    }
    const std::string path = dir.write("file", content);
    const Error error = error_of(path);
    CHECK(error.kind() == ErrorKind::unsupported);
    CHECK_THAT(error.message(), Catch::StartsWith("is ") && Catch::Contains(row.title) &&
                                    Catch::Contains("which is not read: ") &&
                                    Catch::Contains(row.advice));
    CHECK_FALSE(detect_format(*host_read_storage(), path).empty());
    CHECK(may_hold_windows(*host_read_storage(), path) == row.may_hold_windows);
    // Also where only its first bytes are known.
    if (row.from_end == 0) {
      CHECK(may_be_image(Bytes(content.begin(), content.end()), 1 << 20) == row.may_hold_windows);
    }
  }
}

TEST_CASE("documents that are packed as a zip are no images in a folder, and open as zips") {
  const TempDir dir;
  for (const std::string first :
       {"[Content_Types].xml", "_rels/.rels", "mimetype", "META-INF/MANIFEST.MF"}) {
    std::string zip("PK\3\4\x14\0\0\0\0\0", 10);
    zip.resize(26);
    zip += static_cast<char>(first.size()) + std::string(3, '\0') + first;
    const std::string path = dir.write("document", zip);
    INFO(first);
    CHECK(detect_format(*host_read_storage(), path) == "zip");
    CHECK_FALSE(may_hold_windows(*host_read_storage(), path));
  }
}

TEST_CASE("a hive whose base block calls it a log is still a hive") {
  const TempDir dir;
  Bytes data = hive_like();
  data[28] = 1;
  CHECK(open_image(*host_read_storage(), dir.write("SYSTEM", data))->format() == "hive");
}

TEST_CASE("a lone hive says that its other half lies beside it") {
  const struct {
    const char* own;
    const char* beside;
    bool is_hive;
    bool told;
  } rows[] = {
      {"SOFTWARE", "SYSTEM", true, true},          {"system", "Software", true, true},
      {"PC1_SOFTWARE", "PC1_SYSTEM", true, true},  {"SYSTEM-PC2", "SOFTWARE-PC2", true, true},
      {"PC1_SOFTWARE", "PC2_SYSTEM", true, false}, {"SOFTWARE", "SYSTEM", false, false},
      {"sw_2016.hiv", "sy_2016.hiv", true, false}};
  for (const auto& row : rows) {
    INFO(row.own << " beside " << row.beside);
    const TempDir dir;
    const std::string path = dir.write(row.own, hive_like());
    dir.write(row.beside, row.is_hive ? hive_like() : Bytes(8192, 'x'));
    const std::vector<std::string> notes = open_image(*host_read_storage(), path)->notes();
    REQUIRE(notes.size() == (row.told ? 1 : 0));
    if (!row.told) continue;
    CHECK_THAT(notes.front(), Catch::Contains(std::string("though ") + row.beside) &&
                                  Catch::Contains("give the folder"));
  }
}
