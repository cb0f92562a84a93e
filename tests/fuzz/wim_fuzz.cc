// WIMs with a few bytes changed: header, blob table, places of resources. All files are listed and
// read here and there.
#include "fixtures/wim_builder.h"
#include "imgtools/error.h"
#include "imgtools/wim/wim_image.h"
#include "tests/fuzz/edited_image.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  std::vector<fuzz::BaseImage> bases;
  for (const std::uint32_t chunk_size : {0U, 32768U}) {
    fixtures::WimRecipe recipe;
    recipe.images = {{"First", {{"Windows/hive", Bytes(70'000, 's')}, {"x", Bytes(3, 'x')}}},
                     {"Second", {{"x", Bytes(3, 'x')}}}};
    recipe.chunk_size = chunk_size;
    const fixtures::BuiltWim wim = fixtures::build_wim(recipe);
    bases.push_back({wim.data,
                     {0, 40, static_cast<std::size_t>(wim.blob_table.offset),
                      static_cast<std::size_t>(wim.metadata[0].offset),
                      static_cast<std::size_t>(wim.metadata[1].offset),
                      static_cast<std::size_t>(wim.xml.offset)}});
  }
  return bases;
}

void read_all(const FileTree& tree, const std::string& folder, int depth) {
  for (const TreeEntry& entry : tree.list(folder)) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    if (entry.directory) {
      if (depth < 4) read_all(tree, path, depth + 1);
      continue;
    }
    try {
      const auto source = tree.open(path);
      for (std::uint64_t at = 0; at < source->size(); at += source->size() / 8 + 1) {
        source->read(at,
                     static_cast<std::size_t>(std::min<std::uint64_t>(4096, source->size() - at)));
      }
    } catch (const Error&) {
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  const auto file = std::make_shared<MemorySource>(fuzz::edited_image(bases, {data, size}), "wim");
  try {
    const auto image = make_wim_image(file, "wim", [&](const std::string&) { return file; });
    for (const Volume& volume : image->volumes()) {
      try {
        if (volume.tree) read_all(*volume.tree, "", 0);
      } catch (const Error&) {
      }
    }
    image->check();
  } catch (const Error&) {
  }
  return 0;
}
