#include "imgtools/budgeted_storage.h"

#include <algorithm>

#include "imgtools/bytes/budgeted_source.h"
#include "imgtools/change/own_names.h"

namespace goldhive {

namespace {

/// A file of holes takes no room and claims any size. But some file systems compress, and some say
/// how much room a file takes only when they have written it out.
std::uint64_t believed_size(const FileInfo& info) {
  constexpr std::uint64_t best_compression = 8;
  constexpr std::uint64_t never_doubted = std::uint64_t{4} << 30;
  if (info.allocated == 0 || info.allocated > info.size / best_compression) return info.size;
  return std::min(info.size, std::max(info.allocated * best_compression, never_doubted));
}

}  // namespace

std::vector<DirectoryEntry> BudgetedStorage::list(const std::string& directory) const {
  std::vector<DirectoryEntry> entries = base_.list(directory);
  budget_->walk(entries.size(), directory);
  return entries;
}

std::unique_ptr<ByteSource> BudgetedStorage::open(const std::string& path) const {
  auto source = std::make_unique<BudgetedSource>(base_.open(path), budget_);
  // The size of the disk inside an image is what the image says.
  if (is_disk_inside(path)) return source;
  const std::lock_guard lock(mutex_);
  if (!opened_.insert(path).second) return source;
  const std::optional<FileInfo> info = base_.stat(path);
  budget_->add_file(info && info->type == FileType::file ? believed_size(*info) : source->size());
  return source;
}

}  // namespace goldhive
