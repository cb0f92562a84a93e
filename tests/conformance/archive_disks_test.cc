// VMDK, qcow2 and VDI inside archives: the verdicts of the same disks on the host, nothing of the
// host but the archive read for them, and nothing left behind.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "imgtools/formats.h"
#include "tests/conformance/archive_maker.h"
#include "tests/conformance/verdicts.h"
#include "tests/conformance/windows_disk.h"

using namespace goldhive;
using namespace goldhive::testing;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

bool have_all() { return have_disk_tools() && have_tool("qemu-nbd"); }

/// A folder "in" for the members of an archive, and a Windows disk that is none of them.
struct Disks {
  Disks() { dir.make_directory("in"); }

  /// A member, by `qemu-img convert` with `options`; returns the path of its source.
  std::string add(const std::string& member, const std::string& format,
                  const std::string& options = "") const {
    std::vector<std::string> command = {"qemu-img", "convert", "-f", "raw", "-O", format};
    if (!options.empty()) command.insert(command.end(), {"-o", options});
    command.insert(command.end(), {raw, dir / ("in/" + member)});
    must_run(command);
    return dir / ("in/" + member);
  }
  /// An empty disk whose parent is `parent`, which need not be there.
  void add_child(const std::string& member, const std::string& format, const std::string& parent,
                 const std::string& parent_format) const {
    shell(dir, "in",
          "qemu-img create -q -f " + format + " -F " + parent_format + " -b " + parent + " " +
              member);
  }
  std::string pack(const std::string& kind) const { return make_archive(dir, "in", kind); }

  TempDir dir;
  std::string raw = make_windows_disk(dir, "disk", Layout::mbr, "windows-7-sp1-x64");
};

RunResult scan_json(const std::string& path) { return run_cli({"scan", "--format", "json", path}); }

/// Processes of this user that have "qemu-nbd" and a file of `owner` in their command line.
int servers_of(int owner) {
  int count = 0;
  const std::string file = "/proc/" + std::to_string(owner) + "/fd/";
  for (const auto& process : fs::directory_iterator("/proc")) {
    std::ifstream words(process.path() / "cmdline");
    const std::string text((std::istreambuf_iterator<char>(words)), {});
    const bool is_server = text.substr(0, text.find('\0')).ends_with("qemu-nbd");
    if (is_server && text.find(file) != std::string::npos) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a VMDK, qcow2 or VDI in an archive gets the verdicts of the disk on the host") {
  if (!have_all()) return;
  const Disks disks;
  const auto expected = verdicts(scan_json(disks.raw).json());
  const struct {
    const char* member;
    const char* format;
    const char* options;
  } rows[] = {{"pc.vmdk", "vmdk", "subformat=monolithicSparse"},
              {"pc.vmdk", "vmdk", "subformat=streamOptimized"},
              {"pc.qcow2", "qcow2", "compression_type=zstd"},
              {"pc.vdi", "vdi", ""}};
  for (const auto& row : rows) {
    disks.add(row.member, row.format, row.options);
    for (const char* kind : {"gnu.tar", "deflated.zip", "7z"}) {
      const std::string path = disks.pack(kind);
      if (path.empty()) continue;
      INFO(row.format << " " << row.options << " in " << kind);
      const RunResult scan = scan_json(path);
      INFO(scan.out << scan.err);
      CHECK(scan.status == 1);
      CHECK(scan.err.empty());
      CHECK(verdicts(scan.json()) == expected);
      CHECK(scan.json().at("targets").at(0).at("installations").at(0).at("id") ==
            path + "/" + row.member + ":p2");
    }
    fs::remove(disks.dir / (std::string("in/") + row.member));
  }
}

TEST_CASE("list and verify read a disk in an archive and a patch of it says what to do") {
  if (!have_all()) return;
  const Disks disks;
  disks.add("pc.qcow2", "qcow2");
  const std::string path = disks.pack("deflated.zip");
  const Bytes before = disks.dir.read("in.deflated.zip");
  CHECK_THAT(run_cli({"list", path}).out, Contains("pc.qcow2:p2") && Contains("SOFTWARE"));
  const RunResult verify = run_cli({"verify", path});
  CHECK(verify.status == 0);
  CHECK_THAT(verify.out, Contains("pc.qcow2") && Contains("SYSTEM"));
  const RunResult patch = run_cli({"patch", path});
  CHECK(patch.status == 2);
  CHECK_THAT(patch.out + patch.err, Contains("extract it, patch it and put it back"));
  CHECK(disks.dir.read("in.deflated.zip") == before);
}

TEST_CASE("the disk of an OVA gets the verdicts of the disk on the host") {
  if (!have_all()) return;
  const Disks disks;
  disks.add("pc-disk1.vmdk", "vmdk", "subformat=streamOptimized");
  disks.dir.write("in/pc.ovf", "<?xml version=\"1.0\"?>\n<Envelope/>\n");
  disks.dir.write("in/pc.mf", "SHA256(pc.ovf)= 0\n");
  const std::string path = disks.dir / "pc.ova";
  shell(disks.dir, "in", "tar --format=ustar -cf \"$1\" pc.ovf pc.mf pc-disk1.vmdk", path);
  const RunResult scan = scan_json(path);
  INFO(scan.out << scan.err);
  CHECK(verdicts(scan.json()) == verdicts(scan_json(disks.raw).json()));
  CHECK(scan.json().at("targets").at(0).at("installations").at(0).at("id") ==
        path + "/pc-disk1.vmdk:p2");
}

TEST_CASE("a VMDK of several members is one disk and its parts are none") {
  if (!have_all()) return;
  const Disks disks;
  const auto expected = verdicts(scan_json(disks.raw).json());
  for (const char* kind : {"monolithicFlat", "twoGbMaxExtentSparse"}) {
    INFO(kind);
    disks.add("pc.vmdk", "vmdk", std::string("subformat=") + kind);
    const RunResult scan = scan_json(disks.pack("deflated.zip"));
    INFO(scan.out << scan.err);
    CHECK(scan.status == 1);
    CHECK(verdicts(scan.json()) == expected);
    CHECK(scan.json().at("targets").at(0).at("installations").size() == 1);
    const RunResult list = run_cli({"list", disks.dir / "in.deflated.zip"});
    CHECK(list.out.find("pc-") == std::string::npos);
    fs::remove(disks.dir / "in/pc-flat.vmdk");
    fs::remove(disks.dir / "in/pc-s001.vmdk");
    const RunResult cut = run_cli({"scan", disks.pack("deflated.zip")});
    CHECK(cut.status == 2);
    CHECK_THAT(cut.err, Contains("missing (nothing outside of the archive is looked at)"));
  }
}

TEST_CASE("the disk of a split VMDK is that of its parts in their order") {
  if (!have_all()) return;
  const Disks disks;
  const std::uint64_t half = fs::file_size(disks.raw) / 2 / 512 * 512;
  const std::uint64_t rest = fs::file_size(disks.raw) - half;
  shell(disks.dir, "",
        "head -c " + std::to_string(half) + " disk > a; tail -c +" + std::to_string(half + 1) +
            " disk > b; qemu-img convert -f raw -O vmdk a in/pc-s001.vmdk;"
            "(printf 12345678; head -c 504 /dev/zero; cat b) > in/pc-f002.vmdk");
  disks.dir.write("in/pc.vmdk", "# Disk DescriptorFile\nRW " + std::to_string(half / 512) +
                                    " SPARSE \"pc-s001.vmdk\"\nRW " + std::to_string(rest / 512) +
                                    " FLAT \"pc-f002.vmdk\" 1\n");
  const RunResult scan = scan_json(disks.pack("gnu.tar"));
  INFO(scan.out << scan.err);
  CHECK(verdicts(scan.json()) == verdicts(scan_json(disks.raw).json()));
}

TEST_CASE("a parent is read where it is a member beside its child") {
  if (!have_all()) return;
  const Disks disks;
  const auto expected = verdicts(scan_json(disks.raw).json());
  disks.add("base.vmdk", "vmdk");
  disks.add_child("child.vmdk", "vmdk", "base.vmdk", "vmdk");
  disks.add("flat.vmdk", "vmdk", "subformat=monolithicFlat");
  disks.add_child("leaf.vmdk", "vmdk", "flat.vmdk", "vmdk");
  fs::copy(disks.raw, disks.dir / "in/base.img");
  disks.add_child("middle.qcow2", "qcow2", "base.img", "raw");
  disks.add_child("child.qcow2", "qcow2", "middle.qcow2", "qcow2");
  const std::string path = disks.pack("deflated.zip");
  for (const char* child : {"child.vmdk", "leaf.vmdk", "child.qcow2"}) {
    const RunResult scan = scan_json(path + "/" + child + ":p2");
    INFO(child << scan.out << scan.err);
    CHECK(scan.status == 1);
    CHECK(verdicts(scan.json()) == expected);
  }
}

TEST_CASE("a VMDK in several members with a parent in several members is read with it") {
  if (!have_all()) return;
  const Disks disks;
  disks.add("base.vmdk", "vmdk", "subformat=twoGbMaxExtentSparse");
  shell(disks.dir, "in",
        "qemu-img create -q -f vmdk -o subformat=twoGbMaxExtentSparse -F vmdk -b base.vmdk a.vmdk");
  const RunResult scan = scan_json(disks.pack("deflated.zip") + "/a.vmdk:p2");
  INFO(scan.out << scan.err);
  CHECK(scan.status == 1);
  CHECK(verdicts(scan.json()) == verdicts(scan_json(disks.raw).json()));
  shell(disks.dir, "in", "sed -i 's/^CID=.*/CID=1/' base.vmdk");
  const RunResult other = run_cli({"scan", disks.pack("deflated.zip") + "/a.vmdk:p2"});
  CHECK(other.status == 2);
  CHECK_THAT(other.err, Contains("the CID differs"));
}

TEST_CASE("a parent or a part outside of the archive is not opened though the host has it") {
  if (!have_all()) return;
  const Disks disks;
  const std::string base = disks.dir / "base.img";
  fs::copy(disks.raw, base);
  disks.add("outside.qcow2", "qcow2");
  fs::rename(disks.dir / "in/outside.qcow2", disks.dir / "outside.qcow2");
  disks.add_child("absolute.qcow2", "qcow2", base, "raw");
  disks.add_child("above.qcow2", "qcow2", "../outside.qcow2", "qcow2");
  const std::string sectors = std::to_string(fs::file_size(base) / 512);
  disks.dir.write(
      "in/extent.vmdk",
      "# Disk DescriptorFile\nCID=1\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\nRW " +
          sectors + " FLAT \"" + base + "\" 0\n");
  for (const char* member : {"absolute.qcow2", "above.qcow2", "extent.vmdk"}) {
    INFO(member);
    const std::string path = disks.dir / ("in/" + std::string(member));
    CHECK(run_cli({"scan", path, "--parent-dir", disks.dir.path()}).status == 1);  // the trap
    CHECK(run_cli({"scan", path}).status == 2);
  }
  const RunResult scan = run_cli({"scan", disks.pack("gnu.tar")});
  CHECK(scan.status == 2);
  for (const char* member : {"absolute.qcow2", "above.qcow2", "extent.vmdk"}) {
    INFO(member);
    const RunResult one = run_cli({"scan", disks.dir / "in.gnu.tar/" + member});
    INFO(one.out << one.err);
    CHECK(one.status == 2);
    CHECK_THAT(one.err, Contains("lies outside of the folder of the image"));
    const RunResult allowed =
        run_cli({"scan", disks.dir / "in.gnu.tar/" + member, "--parent-dir", disks.dir.path()});
    CHECK(allowed.status == 2);
    CHECK_THAT(allowed.err, Contains("nothing outside of the archive is looked at"));
  }
}

TEST_CASE("a VMDK that names a parent only where qemu looks for one is not given it") {
  if (!have_all()) return;
  const Disks disks;
  fs::copy(disks.add("pc.vmdk", "vmdk"), disks.dir / "base.vmdk");
  must_run({"qemu-img", "create", "-q", "-f", "vmdk", disks.dir / "empty.vmdk",
            std::to_string(fs::file_size(disks.raw))});
  Bytes child = disks.dir.read("empty.vmdk");
  const std::string hint =
      "# parentFileNameHint=\"" + (disks.dir / "base.vmdk") + "\"\nparentCID=ffffffff\n";
  std::copy(hint.begin(), hint.end(), child.begin() + 512);
  fs::remove(disks.dir / "in/pc.vmdk");
  disks.dir.write("in/child.vmdk", child);
  const RunResult scan = run_cli({"scan", disks.pack("gnu.tar")});
  INFO(scan.out << scan.err);
  CHECK(scan.status == 2);
  CHECK(scan.out.find("Windows 7") == std::string::npos);
}

TEST_CASE("a disk in an archive that is cut off or beyond the budget is an error") {
  if (!have_all()) return;
  const Disks disks;
  const std::string member = disks.add("pc.qcow2", "qcow2");
  const RunResult bomb = run_cli({"scan", "--max-unpacked", "200K", disks.pack("deflated.zip")});
  CHECK(bomb.status == 2);
  CHECK_THAT(bomb.err, Contains("archive bomb") && Contains("--max-unpacked"));
  fs::resize_file(member, fs::file_size(member) / 2);
  const RunResult cut = run_cli({"scan", disks.pack("deflated.zip")});
  CHECK(cut.status == 2);
  CHECK_THAT(cut.err, Contains("pc.qcow2") && Contains("cut off"));
}

TEST_CASE("a kind of disk that is not read is no less an error in an archive than on the host") {
  if (!have_all()) return;
  const Disks disks;
  put_tree(disks.dir, "windows-7-sp1-x64-ready", "in");
  shell(disks.dir, "in", "qemu-img create -q -f qcow2 -o data_file=d.bin pc.qcow2 1M");
  const RunResult scan = run_cli({"scan", disks.pack("gnu.tar")});
  CHECK(scan.status == 2);
  CHECK_THAT(scan.err, Contains("whose data lie in another file"));
  const RunResult shallow = run_cli({"scan", "--depth", "0", disks.dir / "in.gnu.tar"});
  CHECK(shallow.status == 2);
  CHECK_THAT(shallow.err, Contains("'pc.qcow2'") && Contains("--depth"));
}

TEST_CASE("an archive of more disks than are real starts no more processes than that") {
  if (!have_all()) return;
  const Disks disks;
  shell(disks.dir, "in",
        "qemu-img create -q -f vdi 1.vdi 1M; for i in $(seq 2 66); do cp 1.vdi $i.vdi; done");
  const RunResult list = run_cli({"list", disks.pack("gnu.tar")});
  CHECK(list.status == 2);
  CHECK_THAT(list.err, Contains("at most 64 disks are read by qemu"));
}

TEST_CASE("who reads a disk in an archive leaves no file and no process behind even if killed") {
  if (!have_all()) return;
  const Disks disks;
  disks.add("pc.qcow2", "qcow2");
  const std::string path = disks.pack("tar.gz");
  disks.dir.make_directory("scratch");
  OpenOptions options;
  options.scratch_directory = disks.dir / "scratch";
  const auto is_clean = [&] { return fs::is_empty(options.scratch_directory); };
  const auto storage = host_read_storage();
  {
    const auto image = open_image(*storage, path, options);
    CHECK(image->volumes().back().id == "/pc.qcow2:p2");
    CHECK(servers_of(::getpid()) == 1);
    CHECK(is_clean());
    CHECK(run_tool({"ls", "-l", "/proc/self/fd"}).output.find("scratch") == std::string::npos);
  }
  CHECK(servers_of(::getpid()) == 0);

  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t reader = ::fork();
  if (reader == 0) {
    const auto image = open_image(*storage, path, options);
    if (::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  ::close(ready[1]);
  char said = 0;
  REQUIRE(::read(ready[0], &said, 1) == 1);
  ::close(ready[0]);
  CHECK(servers_of(reader) == 1);
  ::kill(reader, SIGKILL);
  ::waitpid(reader, nullptr, 0);
  for (int tries = 0; tries < 1000 && servers_of(reader) > 0; ++tries) ::usleep(10000);
  CHECK(servers_of(reader) == 0);
  CHECK(is_clean());
}
