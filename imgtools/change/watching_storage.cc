#include "imgtools/change/watching_storage.h"

#include <algorithm>
#include <array>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"

namespace goldhive {

namespace {

bool same(const std::optional<FileInfo>& a, const std::optional<FileInfo>& b) {
  if (!a || !b) return !a && !b;
  return is_same_file(*a, *b) && a->type == b->type && a->size == b->size &&
         a->modified == b->modified && a->changed == b->changed;
}

constexpr std::size_t sector = 512;
/// The sectors of more are not kept: nobody has so many hives.
constexpr std::size_t most_hives = 4096;

bool begins_hive(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 4> signature = {'r', 'e', 'g', 'f'};
  return std::equal(signature.begin(), signature.end(), bytes.begin());
}

}  // namespace

/// Tells the storage of the bytes that it hands out.
class WatchingStorage::Source final : public ByteSource {
 public:
  Source(std::unique_ptr<ByteSource> inner, const WatchingStorage& storage)
      : ByteSource(inner->name()), inner_(std::move(inner)), storage_(storage) {}
  std::uint64_t size() const override { return inner_->size(); }
  std::string open_path() const override { return inner_->open_path(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    inner_->read(offset, out);
    storage_.note_bytes(*this, offset, out);
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  const WatchingStorage& storage_;
};

void WatchingStorage::note_bytes(const ByteSource& file, std::uint64_t offset,
                                 std::span<const std::uint8_t> bytes) const {
  for (std::size_t at = (sector - offset % sector) % sector; at + sector <= bytes.size();
       at += sector) {
    const auto found = bytes.subspan(at, sector);
    if (begins_hive(found)) note_piece(file.name(), Piece::hive, offset + at, found);
  }
  if (bytes.empty()) return;
  if (offset == 0) {
    note_piece(file.name(), Piece::start, 0, bytes.first(std::min(bytes.size(), sector)));
  }
  if (offset + bytes.size() == file.size()) {
    const auto last = bytes.last(std::min(bytes.size(), sector));
    note_piece(file.name(), Piece::end, file.size() - last.size(), last);
  }
}

/// The first that was read is what counts.
void WatchingStorage::note_piece(const std::string& path, Piece kind, std::uint64_t offset,
                                 std::span<const std::uint8_t> bytes) const {
  const std::lock_guard lock(mutex_);
  Read& read = read_[path];
  if (kind == Piece::hive && hives_noted_ == most_hives) return;
  if (kind == Piece::end && std::exchange(read.end, true)) return;
  const bool fresh = read.pieces.try_emplace(offset, bytes.begin(), bytes.end()).second;
  if (fresh && kind == Piece::hive) ++hives_noted_;
}

bool WatchingStorage::reads_the_same(const std::string& path, const Read& before) const {
  const std::shared_ptr<const ByteSource> file = before.disk ? before.disk : base_.open(path);
  return std::all_of(before.pieces.begin(), before.pieces.end(), [&](const auto& piece) {
    const auto& [at, bytes] = piece;
    return at + bytes.size() <= file->size() && file->read(at, bytes.size()) == bytes;
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
  for (const auto& [path, before] : read_) {
    try {
      if (!reads_the_same(path, before)) return without_disk_inside(path);
    } catch (const Error&) {
      return without_disk_inside(path);
    }
  }
  return "";
}

std::unique_ptr<ByteSource> WatchingStorage::open(const std::string& path) const {
  note(path);
  auto source = std::make_unique<Source>(base_.open(path), *this);
  if (is_disk_inside(path)) {
    // At the end this would start another qemu.
    const std::lock_guard lock(mutex_);
    std::shared_ptr<const ByteSource>& disk = read_[path].disk;
    if (!disk) disk = base_.open(path);
  }
  return source;
}

std::optional<OwnFile> WatchingStorage::open_own(const std::string& path,
                                                 const std::string& target) const {
  if (base_.stat(path)) note(path);
  return base_.open_own(path, target);
}

void WatchingStorage::note(const std::string& path) const {
  // Of the disk inside an image it is the image that changes.
  const std::string file = without_disk_inside(path);
  const std::optional<FileInfo> info = base_.stat(file);
  const std::lock_guard lock(mutex_);
  opened_.emplace(file, info);
}

}  // namespace goldhive
