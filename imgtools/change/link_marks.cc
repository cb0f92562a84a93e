#include "imgtools/change/link_marks.h"

#include <fmt/format.h>

#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

/// What a mark says.
struct Mark {
  std::string journal;
  std::string folder;  ///< of a mark "whole": the inode of the journal's folder; else ""
};

std::string inode_of_folder(const ReadStorage& storage, const std::string& folder) {
  const std::optional<FileInfo> info = storage.stat(folder.empty() ? "." : folder);
  return info ? std::to_string(info->inode) : "";
}

/// Ends a mark "whole", before the inode. A name of ours has no such end.
constexpr std::string_view whole = "\nwhole, journal in folder ";

std::string text_of(const Mark& mark) {
  return mark.folder.empty() ? mark.journal : mark.journal + std::string(whole) + mark.folder;
}

Mark mark_from(const std::string& text) {
  const std::size_t at = text.rfind(whole);
  if (at == std::string::npos) return {text, ""};
  return {text.substr(0, at), text.substr(at + whole.size())};
}

/// The mark is one of a change that is over: its journal lay in this folder, and is gone.
bool is_stale(const ReadStorage& storage, const std::string& path, const Mark& mark) {
  const std::string folder = parent_of(path);
  return !mark.folder.empty() && mark.folder == inode_of_folder(storage, folder) &&
         !storage.stat(join_path(folder, base_name(mark.journal)));
}

}  // namespace

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
  const Mark mark = mark_from(storage.change_mark(path).journal);
  if (mark.journal.empty() || is_stale(storage, path, mark)) return;
  throw Error(
      ErrorKind::refused,
      fmt::format(
          "is being changed under another name (hard link), or such a change was cut off: "
          "wait, or run goldhive recover where its journal lies ({}); without that journal, "
          "take the file from a copy",
          mark.journal),
      path);
}

void clear_stale_mark(Storage& storage, const std::string& path) {
  const auto stale = [&] {
    const Mark mark = mark_from(storage.change_mark(path).journal);
    return !mark.journal.empty() && is_stale(storage, path, mark);
  };
  const std::optional<FileInfo> info = storage.stat(path);
  if (!info || info->type != FileType::file || !stale()) return;
  try {
    LockedTargets locked(storage, parent_of(path), {base_name(path)});
    if (!stale()) return;
    storage.sync_directory(parent_of(path));  // that the journal is gone must be durable first
    locked.file(0).mark_change("");
    locked.file(0).sync();
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::refused) throw;  // else its writer lives, and clears it
  }
}

LinkMarks::LinkMarks(const ReadStorage& storage, const std::string& folder,
                     const std::vector<std::string>& names, LockedTargets& targets)
    : storage_(storage), targets_(targets) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string path = join_path(folder, names[i]);
    const ChangeMark mark = storage.change_mark(path);
    if (!mark.journal.empty()) marked_.insert(i);
    if (mark.possible && other_names(storage, path) > 0) to_mark_.push_back(i);
  }
}

void LinkMarks::announce(const std::string& journal) {
  marked_.insert(to_mark_.begin(), to_mark_.end());
  set_whole(journal);
}

void LinkMarks::set(const std::string& journal) {
  for (const std::size_t i : to_mark_) {
    marked_.insert(i);
    mark(i, journal);
  }
}

void LinkMarks::try_to_set(const std::string& journal) {
  try_to([&] { set(journal); });
}

void LinkMarks::set_whole(const std::string& journal) {
  if (marked_.empty()) return;
  const std::string text = text_of({journal, inode_of_folder(storage_, parent_of(journal))});
  for (const std::size_t i : marked_) mark(i, text);
}

void LinkMarks::clear() {
  for (const std::size_t i : marked_) mark(i, "");
  marked_.clear();
}

void LinkMarks::mark(std::size_t target, const std::string& text) {
  targets_.file(target).mark_change(text);
  targets_.file(target).sync();
}

}  // namespace goldhive
