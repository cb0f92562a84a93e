// WIMs with a few bytes changed: header, blob table, places of resources. All files are listed and
// read here and there.
#include "imgtools/bytes/error.h"
#include "imgtools/wim/wim_image.h"
#include "tests/fuzz/edited_wim.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

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
  static const std::vector<fuzz::BaseImage> bases = fuzz::wim_bases();
  const auto file = fuzz::file_of_target(fuzz::edited_image(bases, {data, size}), "wim");
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
