#include "imgtools/change/link_marks.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

void require_markable(const ReadStorage& storage, const std::string& path) {
  if (other_names(storage, path) == 0 || storage.change_mark(path).possible) return;
  throw Error(ErrorKind::refused,
              "has other names (hard links), and could not be marked, so that these would not show "
              "a change that was cut off (what is read through qemu-nbd, and many file systems, "
              "keep no attributes \"user.*\"): --break-links gives this name a file of its own",
              without_disk_inside(path));
}

void refuse_marked(const ReadStorage& storage, const std::string& path) {
  const std::optional<FileInfo> info = storage.stat(path);
  if (!info || info->type != FileType::file) return;
  const std::string journal = storage.change_mark(path).journal;
  if (journal.empty()) return;
  throw Error(
      ErrorKind::refused,
      fmt::format(
          "is being changed under another name (hard link), or such a change was cut off: "
          "wait, or run goldhive recover where its journal lies ({}); without that journal, "
          "take the file from a copy",
          journal),
      path);
}

LinkMarks::LinkMarks(const ReadStorage& storage, const std::string& folder,
                     const std::vector<std::string>& names, LockedTargets& targets)
    : targets_(targets) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string path = join_path(folder, names[i]);
    const ChangeMark mark = storage.change_mark(path);
    if (!mark.journal.empty()) marked_.push_back(i);
    if (mark.possible && other_names(storage, path) > 0) to_mark_.push_back(i);
  }
}

void LinkMarks::set(const std::string& journal) {
  for (const std::size_t i : to_mark_) {
    marked_.push_back(i);
    targets_.file(i).mark_change(journal);
    targets_.file(i).sync();
  }
}

void LinkMarks::try_to_set(const std::string& journal) {
  try_to([&] { set(journal); });
}

void LinkMarks::clear() {
  for (const std::size_t i : marked_) {
    targets_.file(i).mark_change("");
    targets_.file(i).sync();
  }
  marked_.clear();
}

}  // namespace goldhive
