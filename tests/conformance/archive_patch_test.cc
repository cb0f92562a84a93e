// Patching archives through the command line: what changes is what was planned, other people's
// programs see every other entry as it was, and undo gives the same bytes back.
#include <filesystem>

#include "imgtools/archive/zip_format.h"
#include "imgtools/host/storage.h"
#include "tests/conformance/archive_maker.h"
#include "tests/support/digest_of.h"

using namespace goldhive::testing;
using Catch::Contains;
namespace fs = std::filesystem;
using goldhive::Bytes;
using nlohmann::json;

namespace {

const std::string hives[] = {"Windows/System32/config/SOFTWARE", "Windows/System32/config/SYSTEM"};

json installation_of(const RunResult& run) {
  return run.json().at("targets").at(0).at("installations").at(0);
}

/// A Windows and what else a backup may hold: links, holes, long and foreign names, odd modes.
void put_rich_tree(const TempDir& dir) {
  put_tree(dir, "windows-7-sp1-x64", "tree");
  shell(dir, "tree",
        "mkdir -p Users/Bob; printf x > Users/Bob/$(printf 'n%.0s' $(seq 150)).txt;"
        "printf y > Users/Bob/$(printf 'caf\\303\\251').txt;"
        "printf z > Users/Bob/$(printf 'caf\\351').txt;"
        "ln -s ../nowhere Users/Bob/link; ln Users/Bob/n*.txt Users/Bob/hard;"
        "truncate -s 1M Users/Bob/holes; printf end >> Users/Bob/holes; chmod 4751 Users/Bob/hard;"
        "touch -d '2001-02-03 04:05:06.789' Users/Bob/holes; mkdir Users/Empty;"
        "setfattr -n user.note -v kept Users/Bob/holes 2>/dev/null || true");
}

/// The lines of a listing without those of the hives.
std::string others(const std::string& listing) {
  std::istringstream lines(listing);
  std::string line;
  std::string out;
  while (std::getline(lines, line)) {
    const bool hive = std::any_of(std::begin(hives), std::end(hives), [&](const std::string& name) {
      return line.find(name) != std::string::npos && line.find(name + ".") == std::string::npos;
    });
    if (!hive) out += line + "\n";
  }
  return out;
}

/// What zipinfo says of every entry but the hives, without the places in the file and the bytes
/// between entries.
std::string zip_details(const TempDir& dir, const std::string& path) {
  std::istringstream lines(shell(
      dir, "", "zipinfo -v \"$1\" | sed '/offset of local header/,+1d;/There are an extra/,+1d'",
      path));
  std::string line;
  std::string out;
  bool inside = false;
  bool skip = false;
  while (std::getline(lines, line)) {
    if (line.starts_with("Central directory entry #")) {
      inside = true;
      std::string name;
      std::getline(lines, name);  // a rule
      std::getline(lines, name);
      if (name.empty()) std::getline(lines, name);
      skip = std::any_of(std::begin(hives), std::end(hives),
                         [&](const std::string& hive) { return name.ends_with(hive); });
      if (!skip) out += name + "\n";
      continue;
    }
    if (line.empty()) continue;
    if (inside && !skip) out += line + "\n";
  }
  return out;
}

/// The tar inside, unpacked to plain bytes, without the blocks of the hives' data.
std::string tar_listing(const TempDir& dir, const std::string& path) {
  return others(shell(
      dir, "", "tar --xattrs --xattrs-include='*' --numeric-owner --full-time -tvvf \"$1\"", path));
}

void judge_tar(const TempDir& dir, const std::string& before, const std::string& after) {
  CHECK(tar_listing(dir, before) == tar_listing(dir, after));
  CHECK(others(shell(dir, "", "bsdtar -tvf \"$1\" 2>&1 || true", before)) ==
        others(shell(dir, "", "bsdtar -tvf \"$1\" 2>&1 || true", after)));
  dir.make_directory("out");
  shell(dir, "out", "tar --xattrs -xpf \"$1\"", before);
  const std::string differ = run_tool({"tar", "-df", after, "-C", dir / "out"}).output;
  std::istringstream lines(differ);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.find("unknown extended header") != std::string::npos) continue;  // of bsdtar
    INFO(line);
    CHECK((line.find("config/SOFTWARE:") != std::string::npos ||
           line.find("config/SYSTEM:") != std::string::npos));
  }
  CHECK_FALSE(differ.empty());
  shell(dir, "", "chmod -R u+w out; rm -rf out");
}

void judge_zip(const TempDir& dir, const std::string& before, const std::string& after) {
  shell(dir, "", "unzip -tqq \"$1\"", after);
  CHECK(zip_details(dir, before) == zip_details(dir, after));
  if (have_tool("7z")) must_run({"7z", "t", "-bd", after});
  if (have_tool("zip")) must_run({"zip", "-T", after});
  for (const std::string& archive : {before, after}) {
    dir.make_directory(archive == before ? "b" : "a");
    shell(dir, archive == before ? "b" : "a", "unzip -qq \"$1\"", archive);
  }
  const std::string differ =
      run_tool({"diff", "-rq", "--no-dereference", dir / "b", dir / "a"}).output;
  CHECK_THAT(differ, Contains("config/SOFTWARE") && Contains("config/SYSTEM"));
  CHECK(std::count(differ.begin(), differ.end(), '\n') == 2);
  shell(dir, "", "chmod -R u+w a b; rm -rf a b");
}

void patch_and_undo(const TempDir& dir, const std::string& path, const std::string& format,
                    const std::vector<std::string>& more = {}) {
  const std::string before = digest_of(path);
  const fs::perms mode = fs::status(path).permissions();
  fs::copy(path, path + ".before");
  std::vector<std::string> command = {"patch", "--format", "json", path};
  command.insert(command.end(), more.begin(), more.end());
  const RunResult patch = run_cli(command);
  INFO(patch.out << patch.err);
  REQUIRE(patch.status == 1);  // the update itself is still missing
  CHECK(patch.err.empty());
  CHECK(digest_of(path) != before);
  CHECK(fs::status(path).permissions() == mode);
  const RunResult scan = run_cli({"scan", "--format", "json", path});
  CHECK(installation_of(scan).at("findings") == installation_of(patch).at("findings"));
  if (format == "tar") judge_tar(dir, path + ".before", path);
  if (format == "zip") judge_zip(dir, path + ".before", path);

  const std::string after = digest_of(path);
  CHECK(run_cli({"patch", path}).status == 1);
  CHECK(digest_of(path) == after);  // nothing to do a second time
  CHECK(fs::exists(path + ".goldhive-undo"));

  const RunResult undo = run_cli({"undo", path});
  INFO(undo.err);
  CHECK(undo.status == 0);
  CHECK(digest_of(path) == before);
  fs::remove(path + ".before");
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    CHECK(entry.path().string().find("goldhive-") == dir.path().find("goldhive-"));
    CHECK(entry.path().filename().string().find("goldhive-") == std::string::npos);
  }
  fs::remove(path);
}

}  // namespace

TEST_CASE("every tar and zip is patched and judged and undone") {
  const TempDir dir;
  put_rich_tree(dir);
  for (const ArchiveKind& kind : archive_kinds()) {
    const std::string format = kind.format;
    const std::string name = kind.name;
    if ((format != "tar" && format != "zip") || name == "cpio.gz") continue;
    if (name == "ustar.tar") fs::remove_all(dir / "tree/Users");  // its names are too long
    if (name == "pax.tar") put_rich_tree(dir);
    const std::string path = make_archive(dir, "tree", kind);
    if (path.empty()) continue;
    INFO(name);
    patch_and_undo(dir, path, format);
  }
}

TEST_CASE("sparse members and extended attributes of a tar are carried over") {
  const TempDir dir;
  put_rich_tree(dir);
  for (const char* options :
       {"--format=gnu -S", "--format=pax -S", "--format=pax -S --sparse-version=0.1",
        "--format=posix --xattrs --acls", "--format=pax --pax-option=comment=hello",
        "-b1 -V label"}) {
    const std::string path = dir / "odd.tar.gz";
    shell(dir, "tree", std::string("tar ") + options + " -czf \"$1\" .", path);
    INFO(options);
    patch_and_undo(dir, path, "tar");
  }
}

TEST_CASE("a hive of a plain tar and a stored zip whose size stays is changed in place") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  for (const char* kind : {"gnu.tar", "stored.zip", "streamed-stored.zip"}) {
    const std::string path = make_archive(dir, "tree", kind);
    if (path.empty()) continue;
    const std::uintmax_t size = fs::file_size(path);
    // SYSTEM needs keys, SOFTWARE only values: what fits into free cells leaves the size alone.
    const RunResult patch = run_cli({"patch", "--only", "winhttp.default-secure-protocols", path});
    INFO(kind << patch.out << patch.err);
    CHECK(patch.status == 1);
    CHECK(fs::file_size(path) == size);
    CHECK(fs::file_size(path + ".goldhive-undo") < size);
    CHECK_FALSE(fs::exists(path + ".goldhive-undo.original"));
    if (std::string(kind) != "gnu.tar") shell(dir, "", "unzip -tqq \"$1\"", path);
    CHECK(run_cli({"undo", path}).status == 0);
  }
}

TEST_CASE(
    "a stored hive has its checksum where its local header says, whatever the directory says") {
  constexpr std::uint16_t descriptor_flag = 8;
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  for (const char* kind : {"stored.zip", "streamed-stored.zip"}) {
    const std::string path = make_archive(dir, "tree", kind);
    if (path.empty()) continue;
    INFO(kind);
    const auto hive = [&](const goldhive::ByteSource& zip) {
      const auto entries = goldhive::read_zip_directory(zip).entries;
      return *std::find_if(entries.begin(), entries.end(), [](const auto& entry) {
        return entry.name.ends_with("config/SOFTWARE");
      });
    };
    {
      const auto zip = goldhive::host_read_storage()->open(path);
      const goldhive::ZipEntry before = hive(*zip);
      Bytes flags(2);
      goldhive::put_u16(flags, 0, before.flags ^ descriptor_flag);
      goldhive::host_storage()->open_write(path)->write(
          before.record_at + goldhive::zip_central::flags, flags);
    }
    const RunResult patch = run_cli({"patch", "--only", "winhttp.default-secure-protocols", path});
    INFO(patch.out << patch.err);
    CHECK(patch.status == 1);
    const auto zip = goldhive::host_read_storage()->open(path);
    const goldhive::ZipEntry after = hive(*zip);
    const auto local = goldhive::read_zip_local_header(*zip, after);
    const goldhive::ByteView header(local.bytes, 0, "");
    const bool behind = (header.u16(goldhive::zip_local::flags) & descriptor_flag) != 0;
    CHECK(behind == (std::string(kind) == "streamed-stored.zip"));
    const std::uint64_t at =
        behind ? local.data_at() + after.packed_size + 4 : local.at + goldhive::zip_local::crc;
    CHECK(goldhive::ByteView(zip->read(at, 4), 0, "").u32(0) == after.crc);
    shell(dir, "", "unzip -tqq \"$1\"", path);
    CHECK(run_cli({"undo", path}).status == 0);
  }
}

TEST_CASE("the comment and the extra fields of a zip stay") {
  if (!have_tool("zip")) return;
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  shell(dir, "tree", "zip -qr ../a.zip .; printf 'what I say' | zip -qz ../a.zip");
  CHECK_THAT(shell(dir, "", "zipinfo -z a.zip | head -3"), Contains("what I say"));
  patch_and_undo(dir, dir / "a.zip", "zip");
}

TEST_CASE("the original of a replaced archive is kept without a copy of its bytes") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const std::string path = make_archive(dir, "tree", "tar.gz");
  const auto inode = goldhive::host_read_storage()->stat(path)->inode;
  CHECK(run_cli({"patch", path}).status == 1);
  const std::string original = path + ".goldhive-undo.original";
  REQUIRE(fs::exists(original));
  CHECK(goldhive::host_read_storage()->stat(original)->inode == inode);
  SECTION("a patched archive that was changed since is not undone") {
    shell(dir, "", "printf x >> \"$1\"", path);
    const RunResult undo = run_cli({"undo", path});
    CHECK(undo.status == 2);
    CHECK_THAT(undo.err, Contains("does not fit"));
    CHECK(run_cli({"scan", path}).status == 2);  // nor can it be opened any more
    CHECK(run_cli({"undo", "--force", path}).status == 0);
    CHECK(goldhive::host_read_storage()->stat(path)->inode == inode);
  }
  SECTION("an undo whose original is damaged is refused") {
    shell(dir, "", "rm \"$1.goldhive-undo.original\"; printf x > \"$1.goldhive-undo.original\"",
          path);
    CHECK(run_cli({"undo", path}).status == 2);
  }
}

TEST_CASE("the name in a gzip header is carried over") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  shell(dir, "tree", "tar -cf ../backup.tar .; gzip -N ../backup.tar");
  const Bytes before = dir.read("backup.tar.gz");
  CHECK(run_cli({"patch", dir / "backup.tar.gz"}).status == 1);
  const Bytes after = dir.read("backup.tar.gz");
  CHECK(std::equal(before.begin(), before.begin() + 21, after.begin()));
}

TEST_CASE("a packed tar keeps the level that it tells and the checksum of zstd") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  shell(dir, "tree", "tar -cf ../tree.tar .");
  const auto patched = [&](const char* tool, const std::string& command) {
    if (!have_tool(tool)) return false;
    shell(dir, "", command + " < tree.tar > a");
    const RunResult patch = run_cli({"patch", "--no-undo", dir / "a"});
    INFO(command << patch.err);
    CHECK(patch.status == 1);
    shell(dir, "", std::string(tool) + " -dc < a > unpacked; tar -tf unpacked");
    return true;
  };
  const auto byte = [&](std::size_t at) { return int{dir.read("a").at(at)}; };
  const auto size = [&] { return fs::file_size(dir / "a"); };
  if (patched("gzip", "gzip -1")) {
    CHECK(byte(8) == 4);
    const auto fastest = size();
    patched("gzip", "gzip -9");
    CHECK(byte(8) == 2);
    CHECK(size() < fastest);
  }
  if (patched("bzip2", "bzip2 -2")) CHECK(byte(3) == '2');
  if (patched("xz", "xz -0")) CHECK(byte(16) == 12);  // a dictionary of 256 KiB
  if (patched("xz", "xz --x86 --lzma2=dict=1MiB")) CHECK(byte(16) == 16);
  if (patched("zstd", "zstd --check")) CHECK((byte(4) & 4) == 4);
  if (patched("zstd", "zstd --no-check")) CHECK((byte(4) & 4) == 0);
}

TEST_CASE("of an archive that is as it was the undo file goes with the old file it belongs to") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const std::string path = make_archive(dir, "tree", "tar.gz");
  if (path.empty()) return;
  const std::string undo_file = path + ".goldhive-undo";
  shell(dir, "", "cp tree.tar.gz before");
  run_cli({"patch", path});
  REQUIRE(fs::exists(undo_file + ".original"));
  const json listed = run_cli({"undo", "--list", "-f", "json", path}).json();
  const json undo = listed.at("targets").at(0).at("undo_files").at(0);
  CHECK(undo.at("state") == "fits");
  CHECK(undo.at("size") == fs::file_size(undo_file) + fs::file_size(undo_file + ".original"));
  CHECK(run_cli({"undo", "--prune", path}).out.empty());
  CHECK(fs::exists(undo_file));
  shell(dir, "", "printf x >> tree.tar.gz");
  CHECK(run_cli({"undo", "--prune", path}).out.empty());
  CHECK(fs::exists(undo_file));
  shell(dir, "", "cp before tree.tar.gz");
  CHECK(run_cli({"undo", "--prune", path}).status == 0);
  CHECK_FALSE(fs::exists(undo_file));
  CHECK_FALSE(fs::exists(undo_file + ".original"));
}

TEST_CASE("what cannot be changed without loss is refused and stays as it is") {
  const TempDir dir;
  put_tree(dir, "windows-7-sp1-x64", "tree");
  const auto refuse = [&](const std::string& path, const std::string& why) {
    const std::string before = digest_of(path);
    INFO(path);
    CHECK_THAT(refused_patch(path).err, Contains(why));
    CHECK(digest_of(path) == before);
    CHECK_FALSE(fs::exists(path + ".goldhive-undo"));
  };
  for (const char* kind : {"7z", "newc.cpio"}) {
    const std::string path = make_archive(dir, "tree", kind);
    if (!path.empty()) refuse(path, "only read, never changed");
  }
  const std::string hive = "tree/Windows/System32/config/SOFTWARE";
  for (const std::string packing : {"gzip", "bzip2", "xz", "zstd"}) {
    if (!have_tool(packing.c_str())) continue;
    shell(dir, "", packing + " -c " + hive + " > SOFTWARE.packed");
    refuse(dir / "SOFTWARE.packed", "holds no tar");
    shell(dir, "tree", "find . | cpio -o --quiet -H newc | " + packing + " > ../tree.packed");
    refuse(dir / "tree.packed", "holds no tar");
  }
  const std::string tar = make_archive(dir, "tree", "gnu.tar");
  shell(dir, "", "cp tree.gnu.tar twice.tar; tar -rf twice.tar -C tree ./Windows/System32/config");
  refuse(dir / "twice.tar", "more than once");
  shell(dir, "", "mkdir in; mv tree.gnu.tar in/inner.tar; cd in; tar -cf ../outer.tar inner.tar");
  refuse(dir / "outer.tar", "inside an archive");
  shell(dir, "tree", "truncate -s +1M Windows/System32/config/SOFTWARE; tar -S -cf ../holes.tar .");
  refuse(dir / "holes.tar", "sparse");
}
