#include "imgtools/change/holding_storage.h"

#include <algorithm>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

constexpr const char* changed = "was changed by another program while it was being patched";

/// Reads whole pages, and notes them.
class NotedSource final : public ByteSource {
 public:
  NotedSource(std::unique_ptr<ByteSource> base, std::shared_ptr<PagesRead> pages)
      : ByteSource(base->name()), base_(std::move(base)), pages_(std::move(pages)) {}
  std::uint64_t size() const override { return base_->size(); }
  SharedBudget budget() const override { return base_->budget(); }
  std::string open_path() const override { return base_->open_path(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    if (out.empty()) return;
    constexpr std::uint64_t page = PagesRead::page_size;
    const std::uint64_t end = offset + out.size();
    const std::uint64_t first = offset / page * page;
    const std::uint64_t last = std::min((end + page - 1) / page * page, size());
    if (first == offset && last == end) {
      read_pages(offset, out);
      return;
    }
    const Bytes whole = base_->read(first, static_cast<std::size_t>(last - first));
    note(first, whole);
    std::copy_n(whole.begin() + static_cast<std::ptrdiff_t>(offset - first), out.size(),
                out.begin());
  }

 private:
  /// Notes each piece while it is still in a cache of the processor.
  void read_pages(std::uint64_t offset, std::span<std::uint8_t> out) const {
    constexpr std::size_t longest = 64 * PagesRead::page_size;
    while (!out.empty()) {
      const std::span<std::uint8_t> piece = out.first(std::min(out.size(), longest));
      base_->read(offset, piece);
      note(offset, piece);
      offset += piece.size();
      out = out.subspan(piece.size());
    }
  }

  void note(std::uint64_t offset, std::span<const std::uint8_t> bytes) const {
    if (pages_->note(offset, bytes)) throw Error(ErrorKind::refused, changed, name());
  }

  std::unique_ptr<ByteSource> base_;
  std::shared_ptr<PagesRead> pages_;
};

/// A locked file, lent. The pages that are written count no more as read.
class LentFile final : public WritableFile {
 public:
  LentFile(std::shared_ptr<WritableFile> file, std::shared_ptr<PagesRead> pages)
      : file_(std::move(file)), pages_(std::move(pages)) {}
  std::uint64_t size() const override { return file_->size(); }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    file_->read(offset, out);
  }
  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    pages_->forget(offset, data.size());
    file_->write(offset, data);
  }
  void resize(std::uint64_t size) override {
    const std::uint64_t old = file_->size();
    file_->resize(size);
    pages_->forget_size(old, size);
  }
  bool clone(const ByteSource& from) override { return file_->clone(from); }
  void copy_attributes(const ByteSource& from) override { file_->copy_attributes(from); }
  void mark_change(const std::string& journal) override { file_->mark_change(journal); }
  void sync() override { file_->sync(); }

 private:
  std::shared_ptr<WritableFile> file_;
  std::shared_ptr<PagesRead> pages_;
};

/// One spelling for a path: "win7//SYSTEM" and "win7/SYSTEM" are one file, and "r:\\SYSTEM" and
/// "R:/System" on Windows. A second one would be locked beside the first, and refused.
std::string key_of(const std::string& path) {
  std::string key;
  for (const char c : comparable(path)) {
    if (is_separator(c) && !key.empty() && is_separator(key.back())) continue;
    key += c;
  }
  return key;
}

void require_unchanged(const PagesRead& pages, const WritableFile& file, const std::string& path) {
  if (!pages.first_change(file)) return;
  throw Error(ErrorKind::refused, std::string(changed) + "; nothing was written",
              without_disk_inside(path));
}

}  // namespace

std::shared_ptr<HoldingStorage::Known> HoldingStorage::known(const std::string& path) const {
  const bool disk = is_disk_inside(path);
  if (is_own_file(path) && !disk) return nullptr;
  const std::string file = key_of(changed_file(place_, path));
  const std::lock_guard lock(mutex_);
  if (disk && !behind_disk_) {
    behind_disk_ = true;
    for (const auto& [other, one] : files_) one->pages->stop();
    files_.clear();
  }
  if (behind_disk_ && !disk) return nullptr;
  std::shared_ptr<Known>& one = files_[file];
  if (!one) {
    one = std::make_shared<Known>();
    one->path = changed_file(place_, path);
  }
  return one;
}

void HoldingStorage::forget(const std::string& path) {
  const std::lock_guard lock(mutex_);
  files_.erase(key_of(path));
  files_.erase(key_of(disk_inside(path)));
}

void HoldingStorage::forget_other_names(const std::string& path) {
  const std::optional<FileInfo> file = base_.stat(path);
  if (!file) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(files_, [&](const auto& one) {
    if (one.second->held) return false;
    const std::optional<FileInfo> other = base_.stat(one.second->path);
    return other && is_same_file(*other, *file);
  });
}

void HoldingStorage::hold(const std::string& path) {
  const std::shared_ptr<Known> file = known(path);
  if (!file || file->held) return;
  try {
    file->held = base_.open_write(changed_file(place_, path));
  } catch (const Error&) {
    return;
  }
  require_unchanged(*file->pages, *file->held, path);
}

std::unique_ptr<ByteSource> HoldingStorage::open(const std::string& path) const {
  std::unique_ptr<ByteSource> source = base_.open(path);
  const std::shared_ptr<Known> file = known(path);
  if (!file) return source;
  if (!file->pages->note_size(source->size())) {
    throw Error(ErrorKind::refused, changed, without_disk_inside(path));
  }
  return std::make_unique<NotedSource>(std::move(source), file->pages);
}

std::unique_ptr<WritableFile> HoldingStorage::open_write(const std::string& path) {
  const std::shared_ptr<Known> file = known(path);
  if (!file) return base_.open_write(path);
  std::shared_ptr<WritableFile> locked = file->held;
  if (!locked) locked = base_.open_write(path);
  require_unchanged(*file->pages, *locked, path);
  return std::make_unique<LentFile>(std::move(locked), file->pages);
}

void HoldingStorage::rename(const std::string& from, const std::string& to) {
  base_.rename(from, to);
  forget(from);
  forget(to);
}

void HoldingStorage::rename_new(const std::string& from, const std::string& to) {
  base_.rename_new(from, to);
  forget(from);
  forget(to);
}

void HoldingStorage::remove(const std::string& path) {
  base_.remove(path);
  forget(path);
}

}  // namespace goldhive
