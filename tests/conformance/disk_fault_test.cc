// A patch of a disk image that makes the hive grow and the container allocate blocks, stopped at
// every operation: what is left is the old image or the new one.
#include <iostream>

#include "fixtures/vhd_builder.h"
#include "fixtures/vhdx_builder.h"
#include "imgtools/error.h"
#include "imgtools/image.h"
#include "imgtools/journal.h"
#include "tests/conformance/windows_disk.h"
#include "tests/support/faulty_storage.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

const std::string path = "/d/disk";

struct Patch {
  Bytes before;
  Bytes after;
  HostChange change;
};

/// A change of the image that lets a file grow so far that blocks must be allocated.
Patch growing_patch(const Bytes& image, const FileEdit& edit) {
  FaultyStorage storage;
  storage.put(path, image);
  Patch patch;
  patch.before = image;
  const auto disk = open_image(storage, path);
  patch.change = disk->host_change(0, {edit});
  patch.after = image;
  for (const auto& [name, size] : patch.change.sizes) patch.after.resize(size);
  for (int phase = 0; phase < 4; ++phase) {
    for (const HostEdit& e : patch.change.edits) {
      if (e.phase != phase) continue;
      std::copy(e.data.begin(), e.data.end(),
                patch.after.begin() + static_cast<std::ptrdiff_t>(e.offset));
    }
  }
  return patch;
}

void run(FaultyStorage& storage, const Patch& patch) {
  transact(storage, {"/d", "disk", {"/d/disk.goldhive-undo"}, true}, patch.change, "", {});
}

/// "old" or "new"; anything else fails the test.
std::string state_of(const Patch& patch, const Bytes& now) {
  if (now == patch.before) return "old";
  if (now == patch.after) return "new";
  return "a third state";
}

void stop_everywhere(const std::string& name, const Patch& patch) {
  FaultyStorage start;
  start.put(path, patch.before);
  FaultyStorage finished = start;
  finished.fail_at(0, Fault::none);
  run(finished, patch);
  REQUIRE(finished.contents(path) == patch.after);
  REQUIRE(patch.after.size() > patch.before.size());

  std::size_t points = 0;
  std::map<std::string, std::size_t> left;
  std::uint64_t writes_seen = ~std::uint64_t{0};
  for (std::uint64_t at = 1; at <= finished.operations(); ++at) {
    for (const Fault fault : {Fault::cut_before, Fault::cut_within}) {
      FaultyStorage storage = start;
      storage.fail_at(at, fault);
      try {
        run(storage, patch);
      } catch (const PowerCut&) {
      }
      // Between two writes every cut leaves the same disk.
      if (fault == Fault::cut_before && storage.writes() == writes_seen) break;
      writes_seen = storage.writes();
      for (const Loss loss : {Loss::killed, Loss::all, Loss::arbitrary}) {
        FaultyStorage rebooted = storage;
        rebooted.reboot(loss, at);
        INFO(name << " stopped at operation " << at);
        const ReadThroughStorage through(rebooted);
        const auto seen = through.open(path);
        const std::string scanned =
            state_of(patch, seen->read(0, static_cast<std::size_t>(seen->size())));
        recover(rebooted, path, false);
        const std::string recovered = state_of(patch, rebooted.contents(path));
        REQUIRE(recovered != "a third state");
        REQUIRE(scanned == recovered);
        ++left[recovered];
        ++points;
      }
    }
  }
  std::cout << name << ": " << points << " reboots, " << left["old"] << " old, " << left["new"]
            << " new, 0 bad\n";
  CHECK(left["old"] > 0);
  CHECK(left["new"] > 0);
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
  stop_everywhere("VHD", growing_patch(fixtures::build_vhd(recipe), edit));
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
  storage.put(path, fixtures::build_vhd(child));
  storage.put("/d/parent.vhd", fixtures::build_vhd(parent));
  Patch patch;
  patch.before = storage.contents(path);
  patch.change = open_image(storage, path)
                     ->host_change(0, {{"SOFTWARE", 148 << 10, {{60 << 10, Bytes(88 << 10, 8)}}}});
  FaultyStorage done;
  done.put(path, patch.before);
  run(done, patch);
  patch.after = done.contents(path);
  stop_everywhere("child VHD", patch);
}

TEST_CASE("a growing patch of a VHDX that dies anywhere leaves the old image or the new") {
  if (!have_disk_tools()) return;
  const TempDir dir;
  fixtures::VhdxRecipe recipe;
  recipe.disk_size = 8 << 20;
  recipe.sectors = sectors_of_volume(dir, recipe.disk_size);
  // So far that the file's end comes to lie in a block that the VHDX has not got.
  const FileEdit edit{"SOFTWARE", 3 << 20, {{10, Bytes(4, 7)}, {(3 << 20) - 10, Bytes(10, 8)}}};
  stop_everywhere("VHDX", growing_patch(fixtures::build_vhdx(recipe), edit));
}
