// The NTFS volume of the fixtures with a few bytes changed: listed, searched, read, changed in
// place through the runs. What is written back must be read again and nothing else.
#include <algorithm>
#include <cstdlib>

#include "fixtures/ntfs_volume.h"
#include "imgtools/bytes/overlay_source.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "imgtools/ntfs/ntfs_state.h"
#include "tests/fuzz/attempt.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

std::vector<fuzz::BaseImage> make_bases() {
  namespace places = fixtures::ntfs_places;
  fuzz::BaseImage base{fixtures::build_ntfs_volume(), {0, places::blocks}};
  for (std::size_t record = 0; record <= places::long_name; ++record) {
    base.anchors.push_back(places::record(record));
  }
  base.anchors.push_back(places::blocks + places::index_block);
  base.anchors.push_back(16 * places::cluster);  // a compressed unit
  base.anchors.push_back(places::packed_stream);
  return {base};
}

void read_some(const ByteSource& file) {
  Bytes piece(5000);
  const std::uint64_t size = std::min<std::uint64_t>(file.size(), 1 << 20);
  for (std::uint64_t at = 0; at < size; at += size / 8 + 1) {
    file.read(at, std::span(piece).first(
                      static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at))));
  }
  if (file.size() > size) file.read(file.size() - 1, 1);
}

/// A change in place reads back as what was written.
void change(const std::shared_ptr<const ByteSource>& source, const NtfsVolume& volume) {
  const std::uint64_t size = volume.open("Plain")->size();
  if (size < 5000) return;
  const Bytes data(1000, 0xc3);
  const std::vector<Write> writes = change_ntfs_files(source, {{"Plain", size, {{4000, data}}}});
  const auto changed = std::make_shared<OverlaySource>(source, "changed");
  for (const Write& write : writes) changed->write(write.offset, write.data);
  if (mount_ntfs(changed)->open("Plain")->read(4000, data.size()) != data) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  const auto source = fuzz::file_of_target(fuzz::edited_image(bases, {data, size}), "volume");
  fuzz::attempt([&] {
    const auto volume = mount_ntfs(source);
    ntfs_state(*volume);
    fuzz::attempt([&] {
      for (const TreeEntry& entry : volume->list("")) {
        fuzz::attempt([&] { volume->list(entry.name); });
        fuzz::attempt([&] { read_some(*volume->open(entry.name)); });
      }
    });
    for (const char* name : {"PLAIN", "compressed", "listed", "alongn~1", "sparse"}) {
      fuzz::attempt([&] {
        if (const auto path = volume->find(name)) {
          volume->other_names(*path);
          read_some(*volume->open(*path));
        }
      });
      fuzz::attempt([&] { volume->spellings("", name); });
    }
    fuzz::attempt([&] { change(source, *volume); });
  });
  return 0;
}
