#include "imgtools/ntfs/ntfs_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "imgtools/bytes/error.h"
// Must be the last include; the header says why.
#include "imgtools/ntfs/ntfs_library.h"

namespace goldhive {

namespace {

using ntfs::Attribute;
using ntfs::Inode;
using ntfs::Mount;

struct OpenFile {
  Inode inode;
  Attribute data;
};

OpenFile open_file(Mount& mount, const std::string& path) {
  OpenFile file;
  file.inode = ntfs::open_path(mount, path);
  if (!file.inode || ntfs::is_directory(file.inode)) {
    throw Error(ErrorKind::not_found, "no such file", path);
  }
  file.data = ntfs::open_data(mount, file.inode, path);
  return file;
}

std::uint64_t size_of(const OpenFile& file) {
  return static_cast<std::uint64_t>(file.data->data_size);
}

/// Where a run of a file's bytes lies in the volume. nullopt if it has no clusters of its own.
struct Place {
  std::uint64_t offset;
  std::uint64_t length;
};

std::optional<Place> place_of(const OpenFile& file, std::uint64_t offset, std::uint32_t cluster) {
  const auto vcn = static_cast<s64>(offset / cluster);
  for (const runlist_element* run = file.data->rl; run != nullptr && run->length > 0; ++run) {
    if (vcn < run->vcn || vcn >= run->vcn + run->length) continue;
    if (run->lcn < 0) return std::nullopt;
    const std::uint64_t inside = offset - static_cast<std::uint64_t>(run->vcn) * cluster;
    return Place{static_cast<std::uint64_t>(run->lcn) * cluster + inside,
                 static_cast<std::uint64_t>(run->length) * cluster - inside};
  }
  return std::nullopt;
}

/// The edit as writes to the clusters that the file has; nullopt if that is not possible.
std::optional<std::vector<Write>> in_place(Mount& mount, std::uint64_t volume_size,
                                           const FileEdit& edit) {
  const OpenFile file = open_file(mount, edit.path);
  const auto compressed = static_cast<u16>(file.data->data_flags & ATTR_COMPRESSION_MASK);
  if (edit.new_size != size_of(file) || !NAttrNonResident(file.data.get()) || compressed != 0) {
    return std::nullopt;
  }
  Mount::forget_complaints();
  if (ntfs_attr_map_whole_runlist(file.data.get()) != 0) {
    mount.fail(fmt::format("find the clusters of {}", edit.path), errno);
  }
  const auto initialised = static_cast<std::uint64_t>(file.data->initialized_size);
  std::vector<Write> writes;
  for (const auto& [start, data] : edit.writes) {
    if (start > initialised || data.size() > initialised - start) return std::nullopt;
    for (std::size_t done = 0; done < data.size();) {
      const auto place = place_of(file, start + done, mount.volume()->cluster_size);
      if (!place) return std::nullopt;
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(place->length, data.size() - done));
      // The library trusts a run list. One that leaves the volume could name bytes of the next
      // volume.
      if (place->offset > volume_size || length > volume_size - place->offset) {
        throw Error::corrupt(mount.name(), place->offset,
                             fmt::format("a cluster of {} lies beyond the volume", edit.path),
                             fmt::format("below {:#x}", volume_size),
                             fmt::format("{} bytes from there on", length));
      }
      const auto first = data.begin() + static_cast<std::ptrdiff_t>(done);
      writes.push_back({place->offset, Bytes(first, first + static_cast<std::ptrdiff_t>(length))});
      done += length;
    }
  }
  return writes;
}

std::optional<std::vector<Write>> all_in_place(const std::shared_ptr<const ByteSource>& volume,
                                               const std::vector<FileEdit>& edits) {
  Mount mount(volume);
  std::vector<Write> all;
  for (const FileEdit& edit : edits) {
    const auto writes = in_place(mount, volume->size(), edit);
    if (!writes) return std::nullopt;
    all.insert(all.end(), writes->begin(), writes->end());
  }
  return all;
}

void write(Mount& mount, const OpenFile& file, const std::string& path, std::uint64_t offset,
           std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    Mount::forget_complaints();
    errno = EIO;  // for a short write that sets no errno
    const s64 done = ntfs_attr_pwrite(file.data.get(), static_cast<s64>(offset),
                                      static_cast<s64>(data.size()), data.data());
    if (done <= 0) mount.fail(fmt::format("write {} at {:#x}", path, offset), errno);
    offset += static_cast<std::uint64_t>(done);
    data = data.subspan(static_cast<std::size_t>(done));
  }
}

void apply(Mount& mount, const FileEdit& edit) {
  const OpenFile file = open_file(mount, edit.path);
  // The new part is written as zeros first, so that the library makes no holes.
  const Bytes zeros(65536);
  for (std::uint64_t at = size_of(file); at < edit.new_size;) {
    const std::uint64_t length = std::min<std::uint64_t>(zeros.size(), edit.new_size - at);
    write(mount, file, edit.path, at, std::span(zeros).first(static_cast<std::size_t>(length)));
    at += length;
  }
  for (const auto& [offset, data] : edit.writes) write(mount, file, edit.path, offset, data);
  Mount::forget_complaints();
  if (ntfs_attr_pclose(file.data.get()) != 0 || ntfs_inode_sync(file.inode.get()) != 0) {
    mount.fail(fmt::format("finish {}", edit.path), errno);
  }
}

/// The edits must read back from what the library wrote, before any of it goes to an image.
void check(const std::shared_ptr<const ByteSource>& changed, const std::vector<FileEdit>& edits) {
  Mount mount(changed);
  for (const FileEdit& edit : edits) {
    const OpenFile file = open_file(mount, edit.path);
    bool same = size_of(file) == edit.new_size;
    for (const auto& [offset, data] : edit.writes) {
      Bytes back(data.size());
      same = same && ntfs_attr_pread(file.data.get(), static_cast<s64>(offset),
                                     static_cast<s64>(back.size()),
                                     back.data()) == static_cast<s64>(back.size());
      same = same && back == data;
    }
    if (!same) {
      mount.raise_failure();
      throw Error(ErrorKind::io, "holds other bytes than libntfs-3g was told to write", edit.path);
    }
  }
}

/// The changed ranges of an overlay, without bytes at both ends of a range that did not change.
std::vector<Write> differences(const OverlaySource& overlay, const ByteSource& base) {
  std::vector<Write> writes;
  for (const auto& [offset, segment] : overlay.segments()) {
    const Bytes now = overlay.read(offset, static_cast<std::size_t>(segment.length));
    const Bytes before = base.read(offset, now.size());
    const auto first = std::mismatch(now.begin(), now.end(), before.begin()).first;
    if (first == now.end()) continue;
    const auto last = std::mismatch(now.rbegin(), now.rend(), before.rbegin()).first.base();
    writes.push_back(
        {offset + static_cast<std::uint64_t>(first - now.begin()), Bytes(first, last)});
  }
  return writes;
}

std::vector<Write> by_library(const std::shared_ptr<const ByteSource>& volume,
                              const std::vector<FileEdit>& edits) {
  const auto overlay = std::make_shared<OverlaySource>(volume, volume->name());
  Mount mount(overlay);
  for (const FileEdit& edit : edits) apply(mount, edit);
  mount.unmount();
  check(overlay, edits);
  return differences(*overlay, *volume);
}

}  // namespace

std::vector<Write> change_ntfs_files(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>& edits) {
  auto writes = all_in_place(volume, edits);
  if (!writes) writes = by_library(volume, edits);
  std::sort(writes->begin(), writes->end(),
            [](const Write& a, const Write& b) { return a.offset < b.offset; });
  for (std::size_t i = 1; i < writes->size(); ++i) {
    const Write& before = (*writes)[i - 1];
    if (before.offset + before.data.size() > (*writes)[i].offset) {
      throw Error::corrupt(volume->name(), (*writes)[i].offset,
                           "two files of the volume claim the same cluster");
    }
  }
  return std::move(*writes);
}

}  // namespace goldhive
