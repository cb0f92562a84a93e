#include "imgtools/change/locked_targets.h"

#include "imgtools/bytes/error.h"
#include "imgtools/host/path.h"

namespace goldhive {

LockedTargets::LockedTargets(Storage& storage, const std::string& folder,
                             const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const std::string path = join_path(folder, name);
    // The name may come from a journal that came with a hostile tree.
    if (storage.read_link(path)) {
      throw Error(ErrorKind::refused, "is a symbolic link: not written through", path);
    }
    const std::optional<FileInfo> info = storage.stat(path);
    if (info && info->type != FileType::file) {
      throw Error(ErrorKind::refused, "is not a regular file: not written", path);
    }
    files_.push_back(storage.open_write(path));
  }
}

}  // namespace goldhive
