// E01 files of one segment with a few bytes changed, checksums made right again: opened and read
// here and there.
#include <algorithm>

#include "fixtures/ewf_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/disk/ewf.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/one_file_storage.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  std::vector<fuzz::BaseImage> bases;
  for (const std::uint32_t chunk_sectors : {2U, 8U}) {
    fixtures::EwfRecipe recipe;
    recipe.disk = Bytes(20 * 512, 0x11);
    recipe.chunk_sectors = chunk_sectors;
    recipe.unreadable = 3;
    const Bytes data = fixtures::build_ewf(recipe).front();
    bases.push_back(
        {data,
         {0, fixtures::ewf_volume_at, fixtures::ewf_section_at(data, "table"),
          fixtures::ewf_section_at(data, "table2") - 76, fixtures::ewf_section_at(data, "error2"),
          fixtures::ewf_section_at(data, "hash") - 76}});
  }
  return bases;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  Bytes image = fuzz::edited_image(bases, {data, size});
  fixtures::refresh_ewf_checksums(image);
  try {
    const fuzz::OneFileStorage storage(image);
    const auto disk = EwfDisk::open(storage, fuzz::OneFileStorage::path, {});
    Bytes piece(4096);
    for (std::uint64_t at = 0; at < disk->size(); at += disk->size() / 16 + 1) {
      disk->read(at, std::span(piece).first(static_cast<std::size_t>(
                         std::min<std::uint64_t>(piece.size(), disk->size() - at))));
    }
  } catch (const Error&) {
  }
  return 0;
}
