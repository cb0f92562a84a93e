// VHD files with a few bytes changed, checksums made right again: opened, read here and there, and
// changed in place.
#include <algorithm>

#include "fixtures/vhd_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/disk/vhd.h"
#include "tests/fuzz/changed_disk.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/one_file_storage.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  std::vector<fuzz::BaseImage> bases;
  for (const std::uint32_t type : {2U, 3U, 4U}) {
    fixtures::VhdRecipe recipe;
    recipe.type = type;
    recipe.disk_size = 64 << 10;
    recipe.block_size = 8 << 10;
    recipe.sectors = {{0, fixtures::vhd_sector(1)}, {40, fixtures::vhd_sector(2)}};
    recipe.relative_path = "disk";
    recipe.absolute_path = "C:\\disk";
    recipe.url = "file:///disk";
    const Bytes data = fixtures::build_vhd(recipe);
    bases.push_back({data,
                     {0, fixtures::vhd_header_at, fixtures::vhd_header_at + 576,
                      fixtures::vhd_table_at, 2048, data.size() - 512}});
  }
  return bases;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  Bytes image = fuzz::edited_image(bases, {data, size});
  fixtures::refresh_vhd_checksums(image);
  const auto open = [](const fuzz::OneFileStorage& storage) {
    return VhdDisk::open(storage, fuzz::OneFileStorage::path);
  };
  try {
    const fuzz::OneFileStorage storage(image);
    const auto disk = open(storage);
    Bytes piece(4096);
    for (std::uint64_t at = 0; at < disk->size(); at += disk->size() / 16 + 1) {
      disk->read(at, std::span(piece).first(static_cast<std::size_t>(
                         std::min<std::uint64_t>(piece.size(), disk->size() - at))));
    }
  } catch (const Error&) {
  }
  try {
    fuzz::check_changes_of_disk(image, open);
  } catch (const Error&) {
  }
  return 0;
}
