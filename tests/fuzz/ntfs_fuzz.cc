// NTFS volumes with a few bytes changed: mounted, listed, read, and one file made to grow by
// libntfs-3g through our device operations. mkntfs makes the volume; without it there is nothing to
// do.
//
// libntfs-3g leaks an inode (1 KB) if it cannot write a size into the folder that holds the file.
// The leak would count as ours: -detect_leaks=0.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "fixtures/ntfs_builder.h"
#include "imgtools/bytes/error.h"
#include "imgtools/host/storage.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"
#include "imgtools/ntfs/ntfs_state.h"
#include "tests/fuzz/attempt.h"
#include "tests/fuzz/edited_image.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

constexpr std::size_t record_size = 1024;

std::vector<fuzz::BaseImage> make_bases() {
  namespace fs = std::filesystem;
  const fs::path path =
      fs::temp_directory_path() / ("goldhive-ntfs-fuzz-" + std::to_string(std::rand()));
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return {};
  std::fclose(file);
  fs::resize_file(path, 2 << 20);
  const std::string command =
      "PATH=\"$PATH:/usr/sbin:/sbin\" mkntfs -F -Q -q '" + path.string() + "' >/dev/null 2>&1";
  std::vector<fuzz::BaseImage> bases;
  if (std::system(command.c_str()) == 0) {
    Bytes data(60000);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i >> 9);
    fixtures::add_ntfs_files(path.string(), {{"Windows/System32/config/SOFTWARE", data, false, 4},
                                             {"compressed", data, true},
                                             {"small", Bytes(100, 1)}});
    const auto source = host_read_storage()->open(path.string());
    fuzz::BaseImage base{source->read(0, static_cast<std::size_t>(source->size())), {0}};
    const ByteView view(base.data, 0, "volume");
    const std::size_t cluster = view.u16(11) * std::size_t{view.u8(13)};
    const auto mft = static_cast<std::size_t>(view.u64(48)) * cluster;
    for (const std::size_t record : {0U, 2U, 3U, 5U, 6U, 10U, 64U, 65U, 66U, 67U, 68U, 69U}) {
      base.anchors.push_back(mft + record * record_size);
    }
    bases.push_back(std::move(base));
  } else {
    std::puts("skipped: mkntfs is not installed");
  }
  fs::remove(path);
  return bases;
}

/// $MFTMirr repeats the first four records, and the library refuses a volume where it does not.
void refresh_mirror(Bytes& volume) {
  const ByteView view(volume, 0, "volume");
  const std::uint64_t cluster = std::uint64_t{view.u16(11)} * view.u8(13);
  const std::uint64_t mft = view.u64(48) % volume.size() * cluster;
  const std::uint64_t mirror = view.u64(56) % volume.size() * cluster;
  const std::uint64_t length = 4 * record_size;
  if (mft + length > volume.size() || mirror + length > volume.size()) return;
  std::copy_n(Bytes(volume).begin() + static_cast<std::ptrdiff_t>(mft), length,
              volume.begin() + static_cast<std::ptrdiff_t>(mirror));
}

void read_some(const ByteSource& file) {
  Bytes piece(5000);
  const std::uint64_t size = std::min<std::uint64_t>(file.size(), 1 << 20);
  for (std::uint64_t at = 0; at < size; at += size / 4 + 1) {
    file.read(at, std::span(piece).first(
                      static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size - at))));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<fuzz::BaseImage> bases = make_bases();
  if (bases.empty()) return 0;
  Bytes image = fuzz::edited_image(bases, {data, size});
  refresh_mirror(image);
  const auto source = fuzz::file_of_target(std::move(image), "volume");
  const std::string software = "Windows/System32/config/SOFTWARE";
  fuzz::attempt([&] {
    const auto volume = mount_ntfs(source);
    ntfs_state(*volume);
    fuzz::attempt([&] { volume->list(""); });
    for (const std::string& path : {software, std::string("compressed"), std::string("small")}) {
      fuzz::attempt([&] {
        volume->find(path);
        read_some(*volume->open(path));
      });
    }
  });
  fuzz::attempt([&] { change_ntfs_files(source, {{software, 60000, {{100, Bytes(4, 1)}}}}); });
  fuzz::attempt([&] { change_ntfs_files(source, {{software, 70000, {{60000, Bytes(4, 1)}}}}); });
  return 0;
}
