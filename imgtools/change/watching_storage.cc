#include "imgtools/change/watching_storage.h"

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"

namespace goldhive {

namespace {

bool same(const std::optional<FileInfo>& a, const std::optional<FileInfo>& b) {
  if (!a || !b) return !a && !b;
  return a->type == b->type && a->size == b->size && a->device == b->device &&
         a->inode == b->inode && a->modified == b->modified && a->changed == b->changed;
}

constexpr std::size_t sector = 512;
/// The sectors of more are not kept: nobody has so many hives.
constexpr std::size_t most_hives = 4096;

bool begins_hive(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 4> signature = {'r', 'e', 'g', 'f'};
  return std::equal(signature.begin(), signature.end(), bytes.begin());
}

}  // namespace

/// Tells the storage of the base blocks that it hands out.
class WatchingStorage::Source final : public ByteSource {
 public:
  Source(std::unique_ptr<ByteSource> inner, const WatchingStorage& storage)
      : ByteSource(inner->name()), inner_(std::move(inner)), storage_(storage) {}
  std::uint64_t size() const override { return inner_->size(); }
  std::string open_path() const override { return inner_->open_path(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    inner_->read(offset, out);
    storage_.note_hives(name(), offset, out);
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  const WatchingStorage& storage_;
};

void WatchingStorage::note_hives(const std::string& path, std::uint64_t offset,
                                 std::span<const std::uint8_t> bytes) const {
  for (std::size_t at = (sector - offset % sector) % sector; at + sector <= bytes.size();
       at += sector) {
    const auto found = bytes.subspan(at, sector);
    if (!begins_hive(found)) continue;
    const std::lock_guard lock(mutex_);
    if (hives_noted_ == most_hives) return;
    // The first that was read is what counts.
    const bool fresh = hives_[path].try_emplace(offset + at, found.begin(), found.end()).second;
    if (fresh) ++hives_noted_;
  }
}

bool WatchingStorage::same_hives(const std::string& path, const Sectors& before) const {
  const std::unique_ptr<ByteSource> file = base_.open(path);
  return std::all_of(before.begin(), before.end(), [&](const auto& hive) {
    return hive.first + sector <= file->size() && file->read(hive.first, sector) == hive.second;
  });
}

std::string WatchingStorage::changed() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [path, before] : opened_) {
    try {
      if (!same(before, base_.stat(path))) return path;
    } catch (const Error&) {
      return path;
    }
  }
  for (const auto& [path, before] : hives_) {
    try {
      if (!same_hives(path, before)) return path;
    } catch (const Error&) {
      return path;
    }
  }
  return "";
}

std::unique_ptr<ByteSource> WatchingStorage::open(const std::string& path) const {
  note(path);
  // Opening the disk inside an image once more would start qemu once more.
  if (is_disk_inside(path)) return base_.open(path);
  return std::make_unique<Source>(base_.open(path), *this);
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
