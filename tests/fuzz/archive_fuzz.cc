// Files taken for archives of each kind: read through, with every member and the images in them
// opened; then a hive is changed in place and made longer, up to the bytes that would be written.
//
// libarchive believes the length of a name in a cpio and reserves up to 4 GB, which it does not
// touch (it gets at most 64 MiB for the header of a member). If that memory is not available, it
// reports an error like any other. The option -malloc_limit_mb=10000 allows it.
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/formats.h"
#include "tests/fuzz/one_file_storage.h"

using namespace goldhive;

namespace {

constexpr std::uint64_t budget = 4 << 20;

void read_all(const FileTree& tree) {
  std::vector<std::string> folders = {""};
  int left = 50;
  while (!folders.empty()) {
    const std::string folder = folders.back();
    folders.pop_back();
    for (const TreeEntry& entry : tree.list(folder)) {
      const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
      if (entry.directory) {
        folders.push_back(path);
        continue;
      }
      if (left-- == 0) return;
      try {
        const auto file = tree.open(path);
        if (file->size() > 0) file->read(file->size() - 1, 1);
      } catch (const Error&) {
      }
    }
  }
  tree.find("windows/system32/CONFIG/software");
}

void change(const Image& image, const std::string& hive, std::uint64_t growth) {
  const std::uint64_t size = image.volumes().front().tree->open(hive)->size();
  FileEdit edit{hive, size + growth, {{0, Bytes(4, 1)}}};
  if (growth > 0) edit.writes.push_back({size, Bytes(static_cast<std::size_t>(growth), 2)});
  const HostChange made = image.host_change(0, {edit});
  std::uint64_t written = 0;
  if (made.rewrite) made.rewrite->write([&](const auto& data) { written += data.size(); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr const char* formats[] = {"", "tar", "zip", "7z", "cpio"};
  OpenOptions options;
  options.input_format = formats[data[0] % 5];
  const fuzz::OneFileStorage storage(Bytes(data + 1, data + size), budget);
  try {
    const auto image = open_image(storage, fuzz::OneFileStorage::path, options);
    for (const Volume& volume : image->volumes()) {
      if (volume.tree) read_all(*volume.tree);
    }
    const auto tree = image->volumes().empty() ? nullptr : image->volumes().front().tree;
    const auto hives = tree ? tree->known_hives() : std::nullopt;
    if (!hives) return 0;  // it was no archive by its content
    for (const std::string& hive : *hives) {
      for (const std::uint64_t growth : {std::uint64_t{0}, std::uint64_t{4096}}) {
        try {
          change(*image, hive, growth);
        } catch (const Error&) {
        }
      }
    }
  } catch (const Error&) {
  }
  return 0;
}
