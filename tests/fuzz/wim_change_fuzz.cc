// Changes of WIMs that had a few bytes changed, in the header, the tables and the XML. If a change
// of files can be made, the changed WIM opens, the files are what was asked for, and every other
// file that could be read is unchanged. The same for a WIM written anew without its dead space.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/compactable.h"
#include "imgtools/wim/wim_image.h"
#include "tests/fuzz/attempt.h"
#include "tests/fuzz/changed_file.h"
#include "tests/fuzz/edited_wim.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

constexpr std::uint64_t large = 1 << 20;

/// What can be read of the files of all volumes, by volume and path. Throws Error.
using Contents = std::map<std::pair<std::size_t, std::string>, Bytes>;

std::unique_ptr<Image> open(const Bytes& data) {
  const auto file = fuzz::file_of_target(data, "wim");
  return make_wim_image(file, "wim", [&](const std::string&) { return file; });
}

void add_contents(const FileTree& tree, std::size_t volume, const std::string& folder, int depth,
                  Contents& out) {
  for (const TreeEntry& entry : tree.list(folder)) {
    const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
    try {
      if (entry.directory) {
        if (depth < 4) add_contents(tree, volume, path, depth + 1, out);
        continue;
      }
      const auto file = tree.open(path);
      if (file->size() > large) continue;
      out[{volume, path}] = file->read(0, static_cast<std::size_t>(file->size()));
    } catch (const Error&) {
    }
  }
}

Contents contents(const Image& image) {
  Contents out;
  for (std::size_t i = 0; i < image.volumes().size(); ++i) {
    try {
      if (image.volumes()[i].tree) add_contents(*image.volumes()[i].tree, i, "", 0, out);
    } catch (const Error&) {
    }
  }
  return out;
}

/// What opened before the change must open after it.
Contents contents_after(const Bytes& data) {
  try {
    return contents(*open(data));
  } catch (const Error&) {
    std::abort();
  }
}

void require_kept(const Contents& wanted, const Contents& found) {
  for (const auto& [place, bytes] : wanted) {
    const auto at = found.find(place);
    if (at == found.end() || at->second != bytes) std::abort();
  }
}

/// Changes one byte in the middle of the first file of every volume, which grows by `growth`. Files
/// that may be another name of that file are not compared.
void check_change(const Bytes& data, const Contents& before, std::size_t growth) {
  std::vector<VolumeEdit> edits;
  Contents wanted;
  Contents kept;
  for (const auto& [place, bytes] : before) {
    const auto& [volume, path] = place;
    if (!edits.empty() && edits.back().volume == volume) {
      if (bytes != before.at({volume, edits.back().files.front().path})) kept[place] = bytes;
      continue;
    }
    if (bytes.empty()) continue;
    const std::size_t middle = bytes.size() / 2;
    FileEdit edit{path, bytes.size() + growth, {{middle, Bytes(1, 0x77)}}};
    if (growth > 0) edit.writes.push_back({bytes.size(), Bytes(growth, 0x88)});
    edits.push_back({volume, {std::move(edit)}});
    Bytes& changed = wanted[place] = bytes;
    changed[middle] = 0x77;
    changed.resize(changed.size() + growth, 0x88);
  }
  if (edits.empty()) return;
  const HostChange change = open(data)->change_volumes(edits, 1);
  const int last = fuzz::last_phase(change);
  for (int phase = 0; phase <= last; ++phase) {
    const std::optional<Bytes> changed = fuzz::changed_file(data, change, phase);
    if (!changed) return;
    const Contents found = contents_after(*changed);
    require_kept(kept, found);
    require_kept(phase == last ? wanted : before, found);
  }
}

void check_compaction(const Bytes& data, const Contents& before) {
  const auto image = open(data);
  const HostRewrite rewrite = dynamic_cast<const Compactable&>(*image).compacted();
  Bytes fresh;
  rewrite.write([&](std::span<const std::uint8_t> piece) {
    if (fresh.size() + piece.size() > 16 * large) std::abort();
    fresh.insert(fresh.end(), piece.begin(), piece.end());
  });
  if (fresh.size() != rewrite.size_limit) std::abort();
  require_kept(before, contents_after(fresh));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = fuzz::wim_bases();
  const Bytes wim = fuzz::edited_image(bases, {data, size});
  fuzz::attempt([&] {
    const Contents before = contents(*open(wim));
    for (const std::size_t growth : {std::size_t{0}, std::size_t{5000}}) {
      fuzz::attempt([&] { check_change(wim, before, growth); });
    }
    fuzz::attempt([&] { check_compaction(wim, before); });
  });
  return 0;
}
