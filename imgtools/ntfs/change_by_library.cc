#include "imgtools/ntfs/change_by_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "imgtools/bytes/error.h"
// Must be the last include; the header says why.
#include "imgtools/ntfs/ntfs_library.h"

namespace goldhive::ntfs {

namespace {

using ntfs3g::Attribute;
using ntfs3g::Inode;
using ntfs3g::Mount;

struct OpenFile {
  Inode inode;
  Attribute data;
};

OpenFile open_file(Mount& mount, const std::string& path) {
  OpenFile file;
  file.inode = ntfs3g::open_path(mount, path);
  if (!file.inode || ntfs3g::is_directory(file.inode)) {
    throw Error(ErrorKind::not_found, "no such file", path);
  }
  file.data = ntfs3g::open_data(mount, file.inode, path);
  return file;
}

std::uint64_t size_of(const OpenFile& file) {
  return static_cast<std::uint64_t>(file.data->data_size);
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

}  // namespace

std::vector<Write> change_by_library(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>& edits, const std::string&) {
  const auto overlay = std::make_shared<OverlaySource>(volume, volume->name());
  Mount mount(overlay);
  for (const FileEdit& edit : edits) apply(mount, edit);
  mount.unmount();
  check(overlay, edits);
  return differences(*overlay, *volume);
}

}  // namespace goldhive::ntfs
