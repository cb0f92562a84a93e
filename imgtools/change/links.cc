// The order of writes of break_links()
//
//   1. copy      X to X.goldhive-new, with X's owner, mode and attributes; sync it
//   2. compare   the copy with X, which the caller holds locked
//   3. replace   rename X.goldhive-new to X; sync the folder
//
// No byte of X changes, so that a crash needs no repair: before 3 the copy is a leftover, which
// recover() removes as that of a replacement; after it X is the copy.
#include "imgtools/change/links.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/change/locked_targets.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/replacement_record.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

std::string more_names(std::uint64_t count) {
  return fmt::format("{} more {}", count, count == 1 ? "name" : "names");
}

}  // namespace

std::uint64_t other_names(const ReadStorage& storage, const std::string& given) {
  const std::string file = follow_links(storage, without_disk_inside(given));
  const std::optional<FileInfo> info = storage.stat(file);
  if (!info || info->type != FileType::file || info->links < 2) return 0;
  const std::string folder = parent_of(file);
  std::uint64_t names = info->links;
  for (const DirectoryEntry& entry : storage.list(folder)) {
    const bool own = entry.type == FileType::file && is_own_file(entry.name);
    if (!own || names == 1) continue;
    const std::optional<FileInfo> other = storage.stat(join_path(folder, entry.name));
    if (other && is_same_file(*info, *other)) --names;
  }
  return names - 1;
}

std::vector<std::string> linked_files(const ReadStorage& storage, const HostChange& change) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& path) {
    if (std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
  };
  for (const HostEdit& edit : change.edits) add(edit.path);
  for (const auto& [path, size] : change.sizes) add(path);
  files.erase(
      std::remove_if(files.begin(), files.end(),
                     [&](const std::string& file) { return other_names(storage, file) == 0; }),
      files.end());
  return files;
}

void refuse_other_names(const ReadStorage& storage, const HostChange& change) {
  const std::vector<std::string> files = linked_files(storage, change);
  if (files.empty()) return;
  const std::uint64_t others = other_names(storage, files.front());
  throw Error(ErrorKind::refused,
              fmt::format("has {} (hard links), and a patch in place would change them all: "
                          "--break-links gives this name a file of its own, --all-links changes "
                          "all",
                          more_names(others)),
              without_disk_inside(files.front()));
}

void refuse_undo_of_names(const std::string& file, std::uint64_t others) {
  throw Error(ErrorKind::refused,
              fmt::format("has {} (hard links), which the patch did not change, and an undo in "
                          "place would change them all: --break-links gives this name a file of "
                          "its own, --all-links changes all",
                          more_names(others)),
              without_disk_inside(file));
}

void refuse_other_names(const FileTree& tree, const FileEdit& file, const std::string& where,
                        bool break_off) {
  const std::uint64_t others = tree.other_names(file.path);
  if (others == 0) return;
  throw Error(ErrorKind::refused,
              fmt::format("has {} in the image (hard links), and a patch would change them all: "
                          "{}--all-links changes all",
                          more_names(others),
                          break_off ? "--break-links can only separate names of the image itself, "
                                      "not names in it; "
                                    : ""),
              where);
}

void break_links(Storage& storage, const std::string& given) {
  const std::string file = without_disk_inside(given);
  const std::string folder = parent_of(file);
  const std::unique_ptr<HeldFolder> held = storage.hold_folder(folder, Reach::names);
  const std::string fresh = ReplacementNames(file).fresh;
  const std::optional<OwnFile> found = storage.open_own(file, file);
  if (!found || !found->content) {
    throw Error(ErrorKind::refused, "is not a regular file: not copied", file);
  }
  const ByteSource* old = found->content.get();
  const std::uint64_t room = storage.free_space(folder);
  remove_unfinished(storage, fresh, file);
  const auto fill = [&](WritableFile& copy) {
    if (!copy.clone(*old)) {
      if (room < old->size()) {
        throw Error(ErrorKind::refused,
                    fmt::format("not enough room on the file system for a copy without the other "
                                "names: {} bytes needed, {} free",
                                old->size(), room),
                    file);
      }
      fill_from(*old, copy);
    }
    copy.copy_attributes(*old);
  };
  const auto check = [&] {
    if (sha256(*storage.open(fresh)) != sha256(*old)) {
      throw Error(ErrorKind::io, "the copy holds other bytes than were written to it", fresh);
    }
  };
  write_whole_file(storage, {file, fresh, fill, check, true});
}

}  // namespace goldhive
