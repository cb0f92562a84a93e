// Patching disks through the command line: what changes is what was planned, other people's
// programs agree, and undo gives the same bytes back.
#include <filesystem>
#include <fstream>

#include "fixtures/vhd_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/digest_of.h"

using namespace goldhive;
using namespace goldhive::testing;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::string software = "Windows/System32/config/SOFTWARE";
const std::string system_hive = "Windows/System32/config/SYSTEM";

bool ours(const ContainerKind& kind) {
  const std::string format = kind.format;
  return format == "raw" || format == "vhd" || format == "vhdx";
}

/// The Windows volume of an image as a file of its own, taken out by qemu and our partition reader.
std::string extract_volume(const TempDir& dir, const std::string& path, const ContainerKind& kind,
                           std::uint64_t offset, std::uint64_t length) {
  must_run({"qemu-img", "convert", "-f", kind.qemu_format, "-O", "raw", path, dir / "raw.out"});
  const auto disk = host_read_storage()->open(dir / "raw.out");
  dir.write("volume.out", disk->read(offset, static_cast<std::size_t>(length)));
  return dir / "volume.out";
}

/// Where make_windows_disk() puts the Windows volume.
std::uint64_t offset_of(Layout layout) { return layout == Layout::bare ? 0 : 5 * mib; }

/// Other people's programs judge the volume: it is sound, every other file is unchanged, and they
/// read the hives as we do.
void judge_volume(const std::string& volume, const std::string& recipe) {
  if (have_tool("ntfsresize")) must_run({"ntfsresize", "-i", "-f", volume});
  if (have_tool("ntfsfix")) must_run({"ntfsfix", "-n", volume});
  if (!have_tool("ntfscat")) return;
  for (const fixtures::NtfsFile& file : files_of(recipe)) {
    const std::string now = must_run({"ntfscat", volume, "/" + file.path});
    const bool same = now == std::string(file.data.begin(), file.data.end());
    INFO(file.path);
    if (file.path == software || file.path == system_hive) {
      CHECK_FALSE(same);
    } else if (file.path.find("config/") == std::string::npos) {
      CHECK(same);
    }
  }
}

void patch_every_container(Layout layout) {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  const std::string recipe = "windows-7-sp1-x64";
  const std::string raw = make_windows_disk(dir, to_string(layout), layout, recipe);
  for (const ContainerKind& kind : container_kinds()) {
    INFO(kind.name << " with " << to_string(layout));
    const std::string path = convert_disk(raw, kind);
    const std::string before = digest_of(path);
    const bool refused = std::string(kind.name) == "vmdk-stream";
    const json plan = run_cli({"plan", "--format", "json", path}).json();
    CHECK(plan.at("targets").at(0).at("installations").at(0).at("changes").size() == 6);
    CHECK(plan.at("targets").at(0).at("installations").at(0).contains("refusal") == refused);
    CHECK(digest_of(path) == before);
    if (refused) CHECK_THAT(refused_patch(path).err, Catch::Contains("streamOptimized"));

    const RunResult patch = run_cli({"patch", "--format", "json", path});
    INFO(patch.out << patch.err);
    if (refused) {
      CHECK(digest_of(path) == before);
      continue;
    }
    CHECK(patch.status == 1);  // the update itself is still missing
    CHECK(patch.err.empty());
    const RunResult scan = run_cli({"scan", "--format", "json", path});
    CHECK(scan.json().at("targets").at(0).at("notes").empty());
    CHECK(scan.json().at("targets").at(0).at("installations").at(0).at("findings") ==
          patch.json().at("targets").at(0).at("installations").at(0).at("findings"));
    if (std::string(kind.format) == "vhdx" || std::string(kind.format) == "qcow2") {
      must_run({"qemu-img", "check", "-q", "-f", kind.qemu_format, path});
    }
    judge_volume(extract_volume(dir, path, kind, offset_of(layout), 16 * mib), recipe);

    const std::string after = digest_of(path);
    CHECK(run_cli({"patch", path}).status == 1);
    CHECK(digest_of(path) == after);  // nothing to do a second time

    const RunResult undo = run_cli({"undo", path});
    INFO(undo.err);
    CHECK(undo.status == 0);
    const std::string said = path + ": restored\n" + path + ".goldhive-undo: removed\n";
    CHECK(undo.out.starts_with(said));
    const bool differs = undo.out.find(
                             "the disk in it is as it was, byte for byte; of the file "
                             "around it the tables") != std::string::npos;
    CHECK(differs != ours(kind));
    if (ours(kind)) {
      CHECK(undo.out == said);
      CHECK(digest_of(path) == before);
    } else {
      must_run({"qemu-img", "compare", "-q", "-f", "raw", "-F", kind.qemu_format, raw, path});
    }
    CHECK_FALSE(fs::exists(path + ".goldhive-undo"));
    fs::remove(path);
  }
}

}  // namespace

TEST_CASE("a bare volume in every container is patched and judged and undone") {
  patch_every_container(Layout::bare);
}

TEST_CASE("an MBR disk in every container is patched and judged and undone") {
  patch_every_container(Layout::mbr);
}

TEST_CASE("a GPT disk in every container is patched and judged and undone") {
  patch_every_container(Layout::gpt);
}

TEST_CASE("a volume in a bad state is not patched and a dirty one only when insisted on") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  auto files = files_of("windows-7-sp1-x64");
  const std::string dirty = make_ntfs(dir, "dirty", 16 * mib, files);
  Bytes volume = host_read_storage()->open(dirty)->read(0, 16 * mib);
  const ByteView view(volume, 0, "");
  for (std::size_t record = 0; record + 1024 <= volume.size(); record += 512) {
    if (!view.from(record).starts_with("FILE") || view.u32(record + 44) != 3) continue;
    std::size_t at = record + view.u16(record + 20);
    while (view.u32(at) != 0x70) at += view.u32(at + 4);
    put_u16(volume, at + view.u16(at + 20) + 10, 1);
  }
  dir.write("dirty", volume);
  CHECK_THAT(refused_patch(dirty).err,
             Catch::Contains("marked dirty") && Catch::Contains("--force-unclean"));
  CHECK_THAT(run_cli({"patch", "--dry-run", "--force-unclean", dirty}).out,
             !Catch::Contains("refuse"));
  CHECK(run_cli({"patch", "--force-unclean", dirty}).status == 1);

  Bytes session(8192);
  std::copy_n("hibr", 4, session.begin());
  files.push_back({"hiberfil.sys", session});
  const std::string hibernated = make_ntfs(dir, "hibernated", 16 * mib, files);
  const std::string before = digest_of(hibernated);
  refused_patch(hibernated);
  CHECK_THAT(run_cli({"plan", hibernated}).out,
             Catch::Contains("refused: " + hibernated + ": holds a hibernated Windows") &&
                 Catch::Contains("A patch would refuse 1 installation.") &&
                 !Catch::Contains("To make them"));
  const RunResult still_refused = run_cli({"patch", "--force-unclean", hibernated});
  CHECK(still_refused.status == 2);
  CHECK_THAT(still_refused.err, Catch::Contains("hibernated"));
  CHECK(digest_of(hibernated) == before);
}

namespace {

void run_in(const TempDir& dir, const std::string& commands) {
  must_run({"sh", "-c", "cd '" + dir.path() + "' && " + commands});
}

/// "parent.vhd" and "child.vhd", which holds nothing of its own. Returns the path of the child.
std::string make_vhd_chain(const TempDir& dir) {
  const std::string raw = make_windows_disk(dir, "disk", Layout::mbr, "windows-7-sp1-x64");
  const auto disk = host_read_storage()->open(raw);
  fixtures::VhdRecipe parent;
  parent.disk_size = disk->size();
  parent.block_size = 2 << 20;
  for (std::uint64_t sector = 0; sector < disk->size() / 512; ++sector) {
    Bytes data = disk->read(sector * 512, 512);
    if (data != Bytes(512)) parent.sectors[sector] = std::move(data);
  }
  dir.write("parent.vhd", fixtures::build_vhd(parent));
  fixtures::VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.disk_size = parent.disk_size;
  child.block_size = parent.block_size;
  child.relative_path = ".\\parent.vhd";
  return dir.write("child.vhd", fixtures::build_vhd(child));
}

}  // namespace

TEST_CASE("a child VHD is patched without touching its parent") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string path = make_vhd_chain(dir);
  const std::string before = digest_of(path);
  const std::string parent_before = digest_of(dir / "parent.vhd");
  CHECK(run_cli({"patch", path}).status == 1);
  CHECK_THAT(run_cli({"scan", path}).out, Catch::Contains("0xa00"));
  CHECK_THAT(run_cli({"scan", dir / "parent.vhd"}).out,
             !Catch::Contains("64-bit and 32-bit view: 0xa00"));
  CHECK(digest_of(dir / "parent.vhd") == parent_before);
  CHECK(run_cli({"undo", path}).status == 0);
  CHECK(digest_of(path) == before);
}

TEST_CASE("a disk with children that would not notice is not patched") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk.raw", Layout::mbr, "windows-7-sp1-x64");
  run_in(dir, "qemu-img convert -O qcow2 disk.raw base.qcow2");
  struct Case {
    const char* parent;
    const char* format;
    const char* name;
  };
  const Case cases[] = {
      {"base.qcow2", "qcow2", "base.qcow2"},
      {"base.qcow2", "qcow2", "./base.qcow2"},
      {"base.qcow2", "qcow2",
       "'json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\",\"filename\":\"base.qcow2\"}}'"},
      {"disk.raw", "raw", "file:disk.raw"}};
  for (const Case& c : cases) {
    INFO(c.name);
    run_in(dir, std::string("qemu-img create -q -f qcow2 -F ") + c.format + " -b " + c.name +
                    " child.qcow2");
    const std::string before = digest_of(dir / c.parent);
    CHECK_THAT(refused_patch(dir / c.parent).err,
               Catch::Contains("is the parent disk of") && Catch::Contains("child.qcow2"));
    CHECK(digest_of(dir / c.parent) == before);
    fs::remove(dir / "child.qcow2");
  }
  for (const char* parent : {"base.qcow2", "disk.raw"})
    CHECK(run_cli({"patch", dir / parent}).status == 1);
}

TEST_CASE("a patch of a disk says which children it cuts off, and its undo brings them back") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  make_vhd_chain(dir);
  fs::copy_file(dir / "child.vhd", dir / "stranger.bin");
  run_in(dir,
         "qemu-img convert -O vmdk disk parent.vmdk;"
         "qemu-img create -q -f vmdk -F vmdk -b parent.vmdk child.vmdk;"
         "mkdir split; qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse disk "
         "split/parent.vmdk;"
         "qemu-img create -q -f vmdk -F vmdk -b parent.vmdk split/child.vmdk");
  for (const std::string name : {"parent.vhd", "parent.vmdk", "split/parent.vmdk"}) {
    const std::string parent = dir / name;
    const std::string child =
        dir / (name.substr(0, name.find("parent")) + "child" + name.substr(name.find('.')));
    INFO(name);
    const std::string note = child + " has it as its parent disk";
    CHECK(run_cli({"scan", child}).status == 1);
    CHECK_THAT(run_cli({"plan", parent}).out, Catch::Contains(note));
    const RunResult patch = run_cli({"patch", parent});
    CHECK(patch.status == 1);
    CHECK_THAT(patch.out, Catch::Contains(note));
    CHECK(run_cli({"scan", child}).status == 2);
    CHECK_THAT(run_cli({"patch", parent}).out, !Catch::Contains(note));
    CHECK(run_cli({"undo", parent}).status == 0);
    CHECK(run_cli({"scan", child}).status == 1);
  }
}

TEST_CASE("a VMDK has the CID again that it had when its patch is taken back or rolled back") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  make_windows_disk(dir, "disk", Layout::bare, "windows-7-sp1-x64");
  run_in(dir, "qemu-img convert -O vmdk disk x.vmdk");
  const std::string path = dir / "x.vmdk";
  const std::string before = digest_of(path);
  // qemu writes no zeros in front of a CID, so that it has not always the same length.
  for (int i = 0; i < 24; ++i) {
    CHECK(run_cli({"patch", path}).status == 1);
    if (i % 2 == 0) {
      CHECK(run_cli({"undo", path}).status == 0);
    } else {  // as of a patch that was cut off before its last step
      fs::rename(path + ".goldhive-undo", disk_inside(path) + ".goldhive-journal");
      CHECK(run_cli({"recover", path}).status == 0);
    }
    CHECK(digest_of(path) == before);
  }
}

TEST_CASE("recover clears what a patch left that died while it wrote the journal of a disk") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::bare, "windows-7-sp1-x64");
  for (const ContainerKind& kind : container_kinds()) {
    if (std::string(kind.name) == "vmdk-stream") continue;
    const std::string path = convert_disk(raw, kind);
    const std::string target = ours(kind) ? path : disk_inside(path);
    const std::string leftover = target + ".goldhive-journal.new";
    std::ofstream(leftover) << "goldhive, half a journal";
    INFO(kind.name);
    CHECK(run_cli({"scan", path}).status == 1);
    CHECK(fs::exists(leftover));
    CHECK(run_cli({"recover", path}).status == 0);
    CHECK_FALSE(fs::exists(leftover));
    fs::remove(path);
  }
}

TEST_CASE("backups in RegBack on a disk are listed and are patched only where they are named") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  const std::string path = make_windows_disk(dir, "disk", Layout::mbr, "layout-regback");
  const std::string backups = path + ":p2:/Windows/System32/config/RegBack";
  const std::string before = digest_of(path);
  CHECK_THAT(run_cli({"list", path}).out, Catch::Contains("to scan them: " + backups));
  CHECK_THAT(run_cli({"list", backups}).out, Catch::Contains("backup hives (RegBack)"));
  CHECK(run_cli({"scan", path + ":p2:/windows/system32/CONFIG/regback"}).status == 1);
  CHECK(run_cli({"scan", path + ":p2:/no/such/folder"}).status == 2);

  CHECK(run_cli({"patch", path}).status == 1);
  CHECK_THAT(run_cli({"scan", backups}).out, !Catch::Contains("64-bit and 32-bit view: 0xa00"));
  CHECK(run_cli({"patch", backups}).status == 1);
  CHECK_THAT(run_cli({"scan", backups}).out, Catch::Contains("64-bit and 32-bit view: 0xa00"));
  CHECK(run_cli({"verify", backups}).status == 0);
  CHECK(run_cli({"undo", path}).status == 0);
  CHECK(run_cli({"undo", path}).status == 0);
  CHECK(digest_of(path) == before);
}

TEST_CASE("hives compressed by NTFS and in clusters of every size are patched on a disk") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  for (const char* cluster : {"512", "4096", "65536"}) {
    for (const bool compressed : {false, true}) {
      if (compressed && std::string(cluster) == "65536") continue;  // NTFS does not do that
      INFO(cluster << ", compressed " << compressed);
      auto files = files_of("windows-7-sp1-x64");
      for (fixtures::NtfsFile& file : files) file.compressed = compressed;
      const std::string path = make_ntfs(dir, "volume", 16 * mib, files, {"-c", cluster});
      const std::string before = digest_of(path);
      const RunResult patch = run_cli({"patch", "--control-set", "all", path});
      INFO(patch.out << patch.err);
      CHECK(patch.status == 1);
      if (have_tool("ntfsresize")) must_run({"ntfsresize", "-i", "-f", path});
      CHECK(run_cli({"verify", path}).status == 0);
      CHECK(run_cli({"undo", path}).status == 0);
      CHECK(digest_of(path) == before);
    }
  }
}
