// VHDX files with a few bytes changed, checksums made right again, also those of the log: opened,
// read here and there, and changed in place.
#include <algorithm>

#include "fixtures/vhdx_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/disk/crc.h"
#include "imgtools/disk/vhdx.h"
#include "tests/fuzz/changed_disk.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/one_file_storage.h"

using namespace goldhive;

namespace {

constexpr std::size_t log_size = 1 << 20;

std::vector<fuzz::BaseImage> make_bases() {
  using namespace fixtures;
  VhdxRecipe dynamic;
  dynamic.disk_size = 2 << 20;
  dynamic.sectors = {{0, Bytes(512, 1)}};

  VhdxRecipe logged = dynamic;
  logged.log_guid = 7;
  const VhdxLogWrite write{vhdx_blocks_at, Bytes(4096, 3), 0};
  const VhdxLogWrite zeros{vhdx_blocks_at + 8192, {}, 4096};
  logged.log = {{0, 1, 0, {write, zeros}, 0, 0}, {8192, 2, 0, {write, write}, 0, 0}};

  VhdxRecipe child = dynamic;
  child.parent = {{"parent_linkage", vhdx_guid_text(1)}, {"relative_path", "disk"}};

  std::vector<fuzz::BaseImage> bases;
  for (const VhdxRecipe& recipe : {dynamic, logged, child}) {
    bases.push_back({build_vhdx(recipe),
                     {64 << 10, 128 << 10, 192 << 10, 256 << 10, vhdx_log_at, vhdx_log_at + 8192,
                      vhdx_metadata_at, vhdx_metadata_at + (64 << 10), vhdx_table_at,
                      vhdx_table_at + 4096 * 8, vhdx_blocks_at}});
  }
  return bases;
}

void refresh_log(Bytes& image) {
  for (std::size_t at = fixtures::vhdx_log_at; at < fixtures::vhdx_log_at + log_size; at += 4096) {
    const ByteView entry(std::span<const std::uint8_t>(image).subspan(at, 4096), at, "log");
    const std::size_t length = entry.u32(8);
    if (!entry.starts_with("loge") || length < 4096 || length > log_size - at % log_size) continue;
    const std::uint32_t crc = crc32c_without_field(std::span(image).subspan(at, length), 4);
    put_u32(image, at + 4, crc);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  Bytes image = fuzz::edited_image(bases, {data, size});
  refresh_log(image);
  fixtures::refresh_vhdx_checksums(image);
  const auto open = [](const fuzz::OneFileStorage& storage) {
    return VhdxDisk::open(storage, fuzz::OneFileStorage::path);
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
