// Images of optical discs with a few bytes changed and UDF tags corrected: they are opened, and all
// that is found within a budget is listed and read in some places.
#include <algorithm>

#include "fixtures/disc_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/iso/iso9660.h"
#include "imgtools/iso/udf.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  std::vector<fuzz::BaseImage> bases;
  for (const int kind : {0, 1, 2, 3}) {
    fixtures::DiscRecipe recipe;
    recipe.files = {{"sources/install.wim", Bytes(9 * 2048 + 5, 7)}, {"a/b/c", Bytes(50, 8)}};
    recipe.udf = kind != 3;
    recipe.iso9660 = recipe.joliet = kind == 3;
    recipe.extent_sectors = kind == 0 ? 0 : 1;
    recipe.descriptors_inside = 3;
    recipe.inline_limit = kind == 1 ? 100 : 0;
    recipe.long_descriptors = recipe.extended_entries = kind == 2;
    Bytes data = fixtures::build_disc(recipe);
    std::vector<std::size_t> anchors = {
        fixtures::disc_primary_at,          fixtures::disc_primary_at + 2048,
        fixtures::disc_primary_at + 4096,   fixtures::disc_udf_partition_at,
        fixtures::disc_udf_volume_at,       fixtures::disc_udf_volume_at + 248,
        fixtures::disc_udf_volume_at + 440, fixtures::disc_anchor_at,
        fixtures::disc_file_set_at + 400};
    // Whatever else is not data of a file: entries, directories, lists of extents.
    for (std::size_t at = fixtures::disc_file_set_at + 2048; at < data.size(); at += 2048) {
      if (data[at] != 7 && data[at] != 8) anchors.push_back(at);
    }
    bases.push_back({std::move(data), std::move(anchors)});
  }
  return bases;
}

void walk(const FileTree& tree, const std::string& directory, int& budget) {
  for (const TreeEntry& entry : tree.list(directory)) {
    if (--budget < 0) return;
    const std::string path = (directory.empty() ? "" : directory + "/") + entry.name;
    try {
      if (entry.directory) {
        walk(tree, path, budget);
        continue;
      }
      const auto file = tree.open(path);
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(file->size(), 5000));
      file->read(0, length);
      file->read(file->size() - length, length);
    } catch (const Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  Bytes image = fuzz::edited_image(bases, {data, size});
  fixtures::refresh_udf_tags(image);
  const auto source = fuzz::file_of_target(std::move(image), "disc");
  try {
    if (!is_udf(*source) && !is_iso9660(*source)) return 0;
    const auto files = is_udf(*source) ? open_udf(source) : open_iso9660(source);
    const auto tree = make_disc_tree(source, files);
    int budget = 200;
    walk(*tree, "", budget);
    (void)tree->find("SOURCES/INSTALL.WIM");
  } catch (const Error&) {
  }
  return 0;
}
