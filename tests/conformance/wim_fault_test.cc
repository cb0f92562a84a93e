// A patch of a WIM, and the taking out of its dead space, stopped at every operation: what is left
// is the old WIM or the new one.
#include "fixtures/wim_builder.h"
#include "imgtools/compactable.h"
#include "tests/conformance/fault_run.h"

using namespace goldhive;
using namespace goldhive::testing;

namespace {

Bytes hive(std::uint8_t fill) { return Bytes(40 << 10, fill); }

const FileEdit software{"Windows/SOFTWARE", 44 << 10, {{10, Bytes(4, 7)}}};
const FileEdit system_hive{"Windows/SYSTEM", 40 << 10, {{33 << 10, Bytes(4, 7)}}};

Bytes two_images(std::uint32_t chunk_size) {
  fixtures::WimRecipe recipe;
  recipe.images = {{"First", {{"Windows/SOFTWARE", hive('a')}, {"Windows/SYSTEM", hive('b')}}},
                   {"Second", {{"Windows/SOFTWARE", hive('a')}}}};
  recipe.chunk_size = chunk_size;
  recipe.boot_image = 1;
  return fixtures::build_wim(recipe).data;
}

HostChange patch_of(const Image& image) {
  return image.change_volumes({{0, {software, system_hive}}, {1, {software}}}, 1);
}

void stop_a_patch(const std::string& name, std::uint32_t chunk_size) {
  const Bytes before = two_images(chunk_size);
  FaultyStorage storage;
  storage.put(fault_path, before);
  stop_everywhere(name, before, patch_of(*open_image(storage, fault_path)));
}

/// As `goldhive patch --compact` does it.
void compact(FaultyStorage& storage) {
  const auto image = open_image(storage, fault_path);
  HostChange change;
  change.rewrite = dynamic_cast<const Compactable&>(*image).compacted();
  run_change(storage, change);
}

void stop_a_compaction(const std::string& name, std::uint32_t chunk_size) {
  FaultyStorage storage;
  storage.put(fault_path, two_images(chunk_size));
  run_change(storage, patch_of(*open_image(storage, fault_path)));
  const Bytes patched = storage.contents(fault_path);
  const Bytes after = stop_everywhere(name, patched, compact);
  CHECK(after.size() < patched.size());
  storage.put(fault_path, after);
  const auto image = open_image(storage, fault_path);
  for (const Volume& volume : image->volumes()) {
    const auto file = volume.tree->open(software.path);
    CHECK(file->size() == software.new_size);
    CHECK(file->read(10, 4) == Bytes(4, 7));
  }
}

}  // namespace

TEST_CASE("a patch of a plain WIM that dies anywhere leaves the old WIM or the new") {
  stop_a_patch("WIM", 0);
}

TEST_CASE("a patch of a WIM in chunks that dies anywhere leaves the old WIM or the new") {
  stop_a_patch("WIM in chunks", 32768);
}

TEST_CASE("a compaction of a plain WIM that dies anywhere leaves the old WIM or the new") {
  stop_a_compaction("compacted WIM", 0);
}

TEST_CASE("a compaction of a WIM in chunks that dies anywhere leaves the old WIM or the new") {
  stop_a_compaction("compacted WIM in chunks", 32768);
}
