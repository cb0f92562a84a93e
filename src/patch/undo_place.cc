#include "src/patch/undo_place.h"

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive::patch {
namespace {

bool lists(const ReadStorage& storage, const std::string& folder, std::string_view name) {
  const std::vector<DirectoryEntry> entries = storage.list(folder);
  return std::any_of(entries.begin(), entries.end(),
                     [name](const DirectoryEntry& e) { return nt_equal(e.name, name); });
}

/// The folder that is an image, where the target is a part of one: its Windows, System32, config or
/// RegBack, or a hive in these. The names on the path tell; "" if they do not.
std::string image_root_of(const ReadStorage& storage, const std::string& absolute_target) {
  std::string path = without_trailing_separators(absolute_target);
  const auto leave = [&path](std::string_view name) {
    if (!nt_equal(base_name(path), name)) return false;
    path = parent_of(path);
    return true;
  };
  const std::optional<FileInfo> info = storage.stat(path);
  if (!info) return "";
  const bool folder = info->type == FileType::directory;
  const bool holds_system32 = folder && lists(storage, path, "System32");
  if (!folder) path = parent_of(path);
  leave("RegBack");
  leave("config");
  const bool in_system32 = leave("System32");
  if (!in_system32 && !holds_system32) return "";
  // A Windows folder of another name cannot be told from a folder that holds a Windows folder.
  if (leave("Windows") || leave("WINNT")) return path;
  return in_system32 ? path : "";
}

}  // namespace

JournalPlace undo_place(const ReadStorage& storage, const std::string& target,
                        const std::string& absolute_target, UndoOptions options) {
  options.image_root = image_root_of(storage, absolute_target);
  return place_of(storage, target, absolute_target, options);
}

}  // namespace goldhive::patch
