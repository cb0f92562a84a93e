#include "imgtools/change/locked_targets.h"

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_files.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/path.h"

namespace goldhive {

void require_regular_file(const ReadStorage& storage, const std::string& path) {
  if (storage.read_link(path)) {
    throw Error(ErrorKind::refused, "is a symbolic link: not written through", path);
  }
  const std::optional<FileInfo> info = storage.stat(path);
  if (info && info->type != FileType::file) {
    throw Error(ErrorKind::refused, "is not a regular file: not written", path);
  }
}

void require_lockable(const ReadStorage& storage, const std::string& path) {
  require_regular_file(storage, path);
  if (const std::optional<Error> error = storage.write_refusal(path)) throw Error(*error);
  if (const std::string by = storage.in_use_by(path); !by.empty()) {
    throw Error(ErrorKind::refused, "is in use: " + by, without_disk_inside(path));
  }
}

void remove_unfinished(Storage& storage, const std::string& path, const std::string& target) {
  if (!storage.stat(path)) return;
  try {
    const std::unique_ptr<WritableFile> locked = storage.open_write(path);
    if (!is_unfinished_own(storage, path, target)) return;
    storage.remove(path);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::refused && e.kind() != ErrorKind::not_found) throw;
    return;  // its writer lives, or has just finished
  }
  storage.sync_directory(parent_of(path));
}

LockedTargets::LockedTargets(Storage& storage, const std::string& folder,
                             const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string path = join_path(folder, name);
    require_regular_file(storage, path);  // the name may be that of a hostile tree's journal
    files_.push_back(storage.open_write(path));
  }
}

}  // namespace goldhive
