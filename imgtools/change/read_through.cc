#include "imgtools/change/read_through.h"

#include <algorithm>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/hot_journal.h"
#include "imgtools/change/link_marks.h"
#include "imgtools/change/replacement_record.h"

namespace goldhive {

std::optional<FileInfo> ReadThroughStorage::stat(const std::string& path) const {
  std::optional<FileInfo> info = base_.stat(path);
  if (!info || info->type != FileType::file) return info;
  try {
    if (const std::optional<HotReplacement> replaced = find_hot_replacement(base_, path)) {
      info->size = replaced->record.old_size;
      return info;
    }
    const std::optional<HotJournal> hot = find_hot_journal(base_, path, decoded_);
    if (!hot) return info;
    info->size = hot->journal.targets()[hot->target].old_size;
  } catch (const Error&) {
    // A damaged journal must not make a whole folder unlistable: open() says what is wrong.
  }
  return info;
}

std::unique_ptr<ByteSource> ReadThroughStorage::open(const std::string& path) const {
  if (const std::optional<HotReplacement> replaced = find_hot_replacement(base_, path)) {
    Met& met = meet(replaced->names.record, path, replaced->record.metadata);
    std::shared_ptr<const ByteSource>& old = originals_[replaced->names.record];
    const bool fitted = std::exchange(met.fits, false);
    if (!old) old = old_content(base_, *replaced);
    met.fits = fitted;
    return std::make_unique<SliceSource>(old, 0, old->size(), path);
  }
  std::unique_ptr<ByteSource> current = base_.open(path);
  const std::optional<HotJournal> hot = find_hot_journal(base_, path, decoded_);
  if (!hot) {
    refuse_marked(base_, path);
    // A transaction of another process may just have ended: take the size it left.
    const std::optional<FileInfo> info = base_.stat(path);
    const bool stale = info && info->type == FileType::file && info->size != current->size();
    return stale ? base_.open(path) : std::move(current);
  }
  Met& met = meet(hot->path, path, hot->journal.metadata());
  const bool fitted = std::exchange(met.fits, false);
  std::unique_ptr<ByteSource> old = old_state(*hot, std::move(current));
  met.fits = fitted;
  return old;
}

ReadThroughStorage::Met& ReadThroughStorage::meet(const std::string& journal,
                                                  const std::string& file,
                                                  const std::string& metadata) const {
  const auto met = std::find_if(journals_.begin(), journals_.end(),
                                [&](const Met& one) { return one.journal == journal; });
  return met != journals_.end() ? *met : journals_.emplace_back(Met{journal, file, metadata});
}

}  // namespace goldhive
