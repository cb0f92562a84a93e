// A patch of a disk image that makes the hive grow and the container allocate blocks, stopped at
// every operation: what is left is the old image or the new one.
#include "fixtures/vhd_builder.h"
#include "fixtures/vhdx_builder.h"
#include "tests/conformance/fault_run.h"
#include "tests/conformance/windows_disk.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

/// The change of the image that lets a file grow so far that blocks must be allocated.
HostChange growing(FaultyStorage& storage, const FileEdit& edit) {
  return open_image(storage, fault_path)->host_change(0, {edit});
}

void stop_growing_patch(const std::string& name, const Bytes& image, const FileEdit& edit) {
  FaultyStorage storage;
  storage.put(fault_path, image);
  stop_everywhere(name, image, growing(storage, edit));
}

/// A small volume, sector by sector, without its zeros.
std::map<std::uint64_t, Bytes> sectors_of_volume(const TempDir& dir, std::uint64_t size) {
  const auto volume = host_read_storage()->open(
      make_ntfs(dir, "volume", size, {{"SOFTWARE", Bytes(50 << 10, 's')}}));
  std::map<std::uint64_t, Bytes> sectors;
  for (std::uint64_t i = 0; i < volume->size() / 512; ++i) {
    Bytes data = volume->read(i * 512, 512);
    if (data != Bytes(512)) sectors[i] = std::move(data);
  }
  return sectors;
}

}  // namespace

TEST_CASE("a growing patch of a dynamic VHD that dies anywhere leaves the old image or the new") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  fixtures::VhdRecipe recipe;
  recipe.disk_size = 2 << 20;
  recipe.block_size = 64 << 10;
  recipe.sectors = sectors_of_volume(dir, 2 << 20);
  const FileEdit edit{"SOFTWARE", 148 << 10, {{10, Bytes(4, 7)}, {60 << 10, Bytes(88 << 10, 8)}}};
  stop_growing_patch("VHD", fixtures::build_vhd(recipe), edit);
}

TEST_CASE("a growing patch of a child VHD that dies anywhere leaves the old image or the new") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  fixtures::VhdRecipe parent;
  parent.disk_size = 2 << 20;
  parent.sectors = sectors_of_volume(dir, 2 << 20);
  fixtures::VhdRecipe child;
  child.type = 4;
  child.id = 2;
  child.parent_id = 1;
  child.disk_size = 2 << 20;
  child.relative_path = "parent.vhd";
  FaultyStorage storage;
  storage.put(fault_path, fixtures::build_vhd(child));
  storage.put("/d/parent.vhd", fixtures::build_vhd(parent));
  const FileEdit edit{"SOFTWARE", 148 << 10, {{60 << 10, Bytes(88 << 10, 8)}}};
  stop_everywhere("child VHD", storage.contents(fault_path), growing(storage, edit));
}

TEST_CASE("a growing patch of a VHDX that dies anywhere leaves the old image or the new") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  fixtures::VhdxRecipe recipe;
  recipe.disk_size = 8 << 20;
  recipe.sectors = sectors_of_volume(dir, recipe.disk_size);
  // Grows so far that the end of the file is in a block that the VHDX does not have yet.
  const FileEdit edit{"SOFTWARE", 3 << 20, {{10, Bytes(4, 7)}, {(3 << 20) - 10, Bytes(10, 8)}}};
  stop_growing_patch("VHDX", fixtures::build_vhdx(recipe), edit);
}
