#include "imgtools/ntfs/ntfs_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/ntfs/change_by_library.h"
#include "imgtools/ntfs/volume_reader.h"

namespace goldhive {

namespace {

using ntfs::File;
using ntfs::VolumeReader;

/// An edit as writes to the clusters that the file has, or why that is not possible.
struct InPlace {
  std::vector<Write> writes;
  std::string obstacle;
};

InPlace impossible(const FileEdit& edit, std::string_view why) {
  return {{}, fmt::format("{} {}", edit.path, why)};
}

InPlace in_place(const VolumeReader& volume, std::uint64_t volume_size, const FileEdit& edit) {
  const File file = volume.open_path(edit.path);
  if (!file || file->is_folder()) throw Error(ErrorKind::not_found, "no such file", edit.path);
  const auto data = volume.open_data(*file, edit.path);
  if (edit.new_size != data->size()) return impossible(edit, "has to change its size");
  InPlace result;
  for (const auto& [start, bytes] : edit.writes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const auto place = data->place(start + done);
      if (!place) {
        return impossible(edit,
                          "has no clusters of its own for what changes: it is compressed, "
                          "sparse, or so small that it lies in its MFT record");
      }
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(place->length, bytes.size() - done));
      // A volume can be cut off. What follows may be the next one.
      if (place->offset > volume_size || length > volume_size - place->offset) {
        throw Error::corrupt(volume.bytes().name(), place->offset,
                             fmt::format("a cluster of {} lies beyond the volume", edit.path),
                             fmt::format("below {:#x}", volume_size),
                             fmt::format("{} bytes from there on", length));
      }
      const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(done);
      result.writes.push_back(
          {place->offset, Bytes(first, first + static_cast<std::ptrdiff_t>(length))});
      done += length;
    }
  }
  return result;
}

InPlace all_in_place(const std::shared_ptr<const ByteSource>& source,
                     const std::vector<FileEdit>& edits) {
  const VolumeReader volume(source);
  InPlace all;
  for (const FileEdit& edit : edits) {
    InPlace one = in_place(volume, source->size(), edit);
    if (!one.obstacle.empty()) return one;
    std::move(one.writes.begin(), one.writes.end(), std::back_inserter(all.writes));
  }
  return all;
}

}  // namespace

std::vector<Write> change_ntfs_files(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>& edits) {
  InPlace change = all_in_place(volume, edits);
  std::vector<Write> writes = std::move(change.writes);
  if (!change.obstacle.empty()) {
    writes = ntfs::change_by_library(volume, edits, change.obstacle);
  }
  std::sort(writes.begin(), writes.end(),
            [](const Write& a, const Write& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < writes.size(); ++i) {
    const Write& before = writes[i - 1];
    if (before.offset + before.data.size() > writes[i].offset) {
      throw Error::corrupt(volume->name(), writes[i].offset,
                           "two files of the volume claim the same cluster");
    }
  }
  return writes;
}

}  // namespace goldhive
