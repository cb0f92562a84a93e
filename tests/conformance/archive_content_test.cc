// What a packed file or a member of an archive holds is told by its content, whatever its name and
// however it begins; and what cannot be looked at is named, and the target undetermined.
#include <filesystem>

#include "tests/conformance/archive_maker.h"
#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/iso_maker.h"

using namespace goldhive;
using namespace goldhive::testing;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string ready = "windows-7-sp1-x64-ready";

RunResult scan_json(const std::string& path) { return run_cli({"scan", "--format", "json", path}); }

/// Images that begin with zeros, or with nothing that a few bytes tell, by what they are.
std::vector<std::pair<std::string, std::string>> images(const TempDir& dir) {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Layout layout : all_layouts) {
    const std::string name = std::string("disk-") + to_string(layout);
    all.emplace_back(name, make_windows_disk(dir, name, layout, ready));
  }
  put_tree(dir, ready, "tree");
  if (have_iso_tools()) {
    all.emplace_back("iso", make_iso(dir, "image", dir / "tree", iso_kinds().front()));
  }
  return all;
}

}  // namespace

TEST_CASE("a packed image that begins with zeros is the image and no empty tar") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  for (const auto& [name, image] : images(dir)) {
    const auto expected = verdicts(scan_json(image).json());
    for (const char* packer : {"gzip", "xz -T1", "bzip2", "zstd -q"}) {
      INFO(name << " by " << packer);
      const std::string path = dir / "image.packed";
      shell(dir, ".", std::string(packer) + " -c " + image + " > \"$1\"", path);
      const RunResult scan = scan_json(path);
      INFO(scan.out << scan.err);
      CHECK(scan.status == 0);
      CHECK(verdicts(scan.json()) == expected);
    }
  }
}

TEST_CASE("an image in an archive is found under any name") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  dir.make_directory("in/holiday");
  const std::string member = dir / "in/holiday/IMG_0001.jpg";
  std::vector<std::pair<std::string, std::string>> all = images(dir);
  for (const ContainerKind& kind : container_kinds()) {
    if (std::string(kind.format) == "vmdk") continue;  // has its parts beside it
    all.emplace_back(kind.name, convert_disk(dir / "disk-MBR", kind));
  }
  all.emplace_back("tar.gz", make_archive(dir, "tree", "tar.gz"));
  all.emplace_back("zip", make_archive(dir, "tree", "deflated.zip"));
  all.emplace_back("hive", dir / "tree/Windows/System32/config/SOFTWARE");
  for (const auto& [name, image] : all) {
    const auto expected = verdicts(scan_json(image).json());
    fs::copy_file(image, member, fs::copy_options::overwrite_existing);
    for (const char* kind : {"gnu.tar", "deflated.zip", "stored.zip", "7z"}) {
      const std::string path = make_archive(dir, "in", kind);
      if (path.empty()) continue;
      INFO(name << " in " << kind);
      const RunResult scan = scan_json(path);
      INFO(scan.out << scan.err);
      REQUIRE(scan.json().at("targets").at(0).at("installations").size() == 1);
      if (name != "hive") CHECK(verdicts(scan.json()) == expected);
    }
  }
}

TEST_CASE("what an archive holds and cannot be looked at is named, and never called damaged") {
  if (!have_tool("7z") || !have_tool("zip")) return;
  const TempDir dir;
  put_tree(dir, ready, "tree");
  const struct {
    const char* name;
    const char* command;  ///< in the folder of the files, "$1" is the archive
    const char* says;
  } rows[] = {
      {"zipcrypto.zip", "zip -qr -P secret \"$1\" .", "is encrypted"},
      {"aes.zip", "7z a -bd -bso0 -tzip -mem=AES256 -psecret \"$1\" .", "is encrypted"},
      {"data.7z", "7z a -bd -bso0 -psecret \"$1\" .", "is encrypted"},
      {"names.7z", "7z a -bd -bso0 -psecret -mhe=on \"$1\" .", "is encrypted"},
      {"deflate64.zip", "7z a -bd -bso0 -tzip -mm=Deflate64 \"$1\" .", "method that is not read"},
      {"deflate64.7z", "7z a -bd -bso0 -m0=Deflate64 \"$1\" .", "method that is not read"},
  };
  // A Windows, an image under a name that says nothing, and a hive under one.
  const std::string tree = make_archive(dir, "tree", "gnu.tar");
  for (const char* held : {"tree", "image", "hive"}) {
    const std::string folder = std::string("in-") + held;
    dir.make_directory("all/" + folder);
    const fs::path in = dir / folder;
    fs::create_directories(in);
    if (std::string(held) == "tree") fs::copy(dir / "tree", in, fs::copy_options::recursive);
    if (std::string(held) == "image") fs::copy_file(tree, in / "blob.001");
    if (std::string(held) == "hive") {
      fs::copy_file(dir / "tree/Windows/System32/config/SYSTEM", in / "copy-2016");
    }
    dir.write(folder + "/readme.txt", std::string(10000, 'r'));
    for (const auto& row : rows) {
      const std::string path = dir / ("all/" + folder + "/" + row.name);
      shell(dir, folder, row.command, path);
      const RunResult scan = run_cli({"scan", path});
      INFO(held << " in " << row.name << "\n" << scan.out << scan.err);
      CHECK(scan.status == 2);
      CHECK_THAT(scan.out + scan.err, Contains(row.says) && !Contains("damaged"));
      CHECK_THAT(scan.out + scan.err, !Contains("readme.txt"));
    }
  }
  const RunResult all = run_cli({"scan", dir / "all"});
  INFO(all.out);
  CHECK(all.status == 2);
  for (const auto& row : rows) {
    CHECK_THAT(all.out, Contains(std::string("in-image/") + row.name));
  }
}

TEST_CASE("each of several unreadable members is named, and what can be read is judged") {
  if (!have_tool("zip")) return;
  const TempDir dir;
  put_tree(dir, ready, "tree");
  for (const char* name : {"a.001", "b.001", "document.pdf"}) {
    dir.write(std::string("secret/") + name, std::string(20000, 's'));
  }
  const std::string path = dir / "mixed.zip";
  shell(dir, "tree", "zip -qr \"$1\" .", path);
  shell(dir, "secret", "zip -qr -P secret \"$1\" .", path);
  const RunResult scan = scan_json(path);
  INFO(scan.out << scan.err);
  CHECK(scan.status == 2);
  CHECK(scan.json().at("targets").at(0).at("installations").size() == 1);
  CHECK_THAT(scan.err, Contains("each of 'a.001', 'b.001' is encrypted"));
  CHECK_THAT(scan.err, !Contains("document.pdf"));
}

TEST_CASE("an image in more archives than --depth opens is named") {
  const TempDir dir;
  put_tree(dir, ready, "tree");
  dir.make_directory("one");
  fs::copy_file(make_archive(dir, "tree", "tar.gz"), dir / "one/pc1.blob");
  dir.make_directory("two");
  fs::copy_file(make_archive(dir, "one", "gnu.tar"), dir / "two/cases.blob");
  const std::string path = make_archive(dir, "two", "tar.gz");
  const RunResult scan = run_cli({"scan", path});
  CHECK(scan.status == 2);
  CHECK_THAT(scan.err, Contains("/cases.blob: ") && Contains("'pc1.blob'") && Contains("--depth"));
  const RunResult deep = run_cli({"scan", "--depth", "2", path});
  INFO(deep.out << deep.err);
  CHECK(deep.status == 0);
}

TEST_CASE("a packed file with nothing in it holds no Windows and is no error in a folder") {
  const TempDir dir;
  put_tree(dir, ready, "all/pc");
  dir.write("all/packed/none.gz", "");
  shell(dir, "all/packed", "gzip -c < /dev/null > empty.gz; xz -c < /dev/null > empty.xz");
  const RunResult scan = run_cli({"scan", dir / "all"});
  INFO(scan.out << scan.err);
  CHECK(scan.status == 0);
}

TEST_CASE("packed files on a disk or a disc without Windows are named, not silently passed over") {
  if (!have_disk_tools() || !have_iso_tools()) return;
  const TempDir dir;
  put_tree(dir, ready, "tree");
  shell(dir, "tree",
        "mkdir -p ../in/cases/pc1; gzip -c Windows/System32/config/SOFTWARE > "
        "../in/cases/pc1/blob.001");
  dir.write("in/cases/readme.txt", std::string(1000, 'r'));
  const Bytes packed = dir.read("in/cases/pc1/blob.001");
  const std::string says = "/cases/pc1/blob.001; extract them";
  const std::string disk = make_ntfs(dir, "disk", 16 * mib,
                                     {{"cases/pc1/blob.001", packed}, {"a.txt", Bytes(9000, 'a')}});
  const std::string disc = make_iso(dir, "disc.iso", dir / "in", iso_kinds().front());
  for (const std::string& path : {disk, disc}) {
    const RunResult scan = run_cli({"scan", path});
    INFO(scan.out << scan.err);
    CHECK(scan.status == 2);
    CHECK_THAT(scan.err, Contains(says) && !Contains(".txt"));
    const RunResult list = run_cli({"list", path});
    CHECK(list.status == 0);
    CHECK_THAT(list.out, Contains(says));
  }
}
