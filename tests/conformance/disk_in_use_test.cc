// An image that a machine is running from: qemu's locks keep us out, and ours keep qemu out.
#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/disk_storage.h"
#include "imgtools/disk/nbd.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/digest_of.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// The containers that are written by us, and one that qemu writes for us.
std::vector<ContainerKind> kinds() {
  std::vector<ContainerKind> result;
  for (const ContainerKind& kind : container_kinds()) {
    const std::string name = kind.name;
    if (name == "raw" || name == "vhd-dynamic" || name == "vhdx-dynamic" || name == "qcow2") {
      result.push_back(kind);
    }
  }
  return result;
}

}  // namespace

TEST_CASE("an image that qemu has open for writing is not patched and can be when qemu is done") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::mbr, "windows-7-sp1-x64");
  for (const ContainerKind& kind : kinds()) {
    INFO(kind.name);
    const std::string path = convert_disk(raw, kind);
    const std::string before = digest_of(path);
    {
      const auto machine = start_nbd_server({{kind.qemu_format, path}}, path, true);
      Bytes sector(512);
      machine->read(0, sector);
      CHECK_THAT(refused_patch(path).err, Catch::Contains("is in use"));
      CHECK(run_cli({"undo", path}).status == 2);
    }
    CHECK(digest_of(path) == before);
    CHECK(run_cli({"patch", path}).status == 1);
  }
}

TEST_CASE("an image that may not be written is refused by its name, whoever writes it") {
  if (!have_disk_tools() || !have_tool("qemu-nbd")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::mbr, "windows-7-sp1-x64");
  for (const ContainerKind& kind : kinds()) {
    INFO(kind.name);
    const std::string path = convert_disk(raw, kind);
    std::filesystem::permissions(path, std::filesystem::perms::owner_read);
    const RunResult refused = run_cli({"patch", path});
    CHECK(refused.status == 2);
    CHECK_THAT(refused.err, Catch::Contains(path + ": ") && !Catch::Contains("goldhive-disk"));
    CHECK_THAT(refused.err, Catch::Contains("read-only") || Catch::Contains("permission denied"));
    CHECK_THAT(refused.out, Catch::Contains("4 findings"));  // it was read to the end
  }
}

TEST_CASE("qemu cannot open an image while it is being patched") {
  if (!have_disk_tools() || !have_tool("qemu-nbd") || !have_tool("qemu-io")) return;
  const TempDir dir;
  const std::string raw = make_windows_disk(dir, "disk", Layout::bare, "windows-7-sp1-x64");
  for (const ContainerKind& kind : kinds()) {
    INFO(kind.name);
    const std::string path = convert_disk(raw, kind);
    const std::vector<std::string> machine = {
        "qemu-io", "-f", kind.qemu_format, "-c", "write -P 7 4096 512", path};
    const std::string before = digest_of(path);
    const auto storage = with_disks(host_storage());
    const bool ours = std::string(kind.name) != "qcow2";
    {
      // What a patch holds from before its first write to after its last.
      const auto patched = storage->open_write(ours ? path : disk_inside(path));
      const ToolResult refused = run_tool(machine);
      CHECK(refused.status != 0);
      CHECK_THAT(refused.output, Catch::Contains("lock"));
    }
    CHECK(digest_of(path) == before);
    must_run(machine);
    CHECK(digest_of(path) != before);
  }
}
