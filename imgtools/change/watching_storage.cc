#include "imgtools/change/watching_storage.h"

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"

namespace goldhive {

namespace {

bool same(const std::optional<FileInfo>& a, const std::optional<FileInfo>& b) {
  if (!a || !b) return !a && !b;
  return a->type == b->type && a->size == b->size && a->device == b->device &&
         a->inode == b->inode && a->modified == b->modified && a->changed == b->changed;
}

}  // namespace

std::string WatchingStorage::changed() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [path, before] : opened_) {
    try {
      if (!same(before, base_.stat(path))) return path;
    } catch (const Error&) {
      return path;
    }
  }
  return "";
}

std::unique_ptr<ByteSource> WatchingStorage::open(const std::string& path) const {
  note(path);
  return base_.open(path);
}

std::optional<OwnFile> WatchingStorage::open_own(const std::string& path,
                                                 const std::string& target) const {
  if (base_.stat(path)) note(path);
  return base_.open_own(path, target);
}

void WatchingStorage::note(const std::string& path) const {
  // Of the disk inside an image it is the image that changes.
  const std::string file = without_disk_inside(path);
  std::optional<FileInfo> info = base_.stat(file);
  const std::lock_guard lock(mutex_);
  opened_.emplace(file, std::move(info));
}

}  // namespace goldhive
