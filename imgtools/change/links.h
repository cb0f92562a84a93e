// Files with several names (hard links), as cp -al, rsnapshot and rsync --link-dest make them: a
// change in place of one of them is a change of all.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imgtools/file_tree.h"
#include "imgtools/host/storage.h"
#include "imgtools/host_change.h"
#include "imgtools/volume.h"

namespace goldhive {

/// What to do with a file that has other names and is to be changed in place.
enum class Links {
  refuse,
  change_all,  ///< what the other names stand for changes with it
  break_off,   ///< the file gets a content of its own first
};

/// The same for an undo.
struct UndoLinks {
  Links how = Links::refuse;
  /// So many other names the patch had changed as well, and an undo may.
  std::uint64_t known = 0;
};

/// Names that `file` has besides this one (symbolic links to it are followed); of the disk inside
/// an image, those of the image. Names of files of our own in the same folder do not count.
std::uint64_t other_names(const ReadStorage& storage, const std::string& file);

/// The files that `change` changes in place and that have other names, each once.
std::vector<std::string> linked_files(const ReadStorage& storage, const HostChange& change);

/// Error(refused) if `change` changes a file in place that has other names.
void refuse_other_names(const ReadStorage& storage, const HostChange& change);

/// Error(refused): an undo would change `others` names of `file` that its patch did not.
[[noreturn]] void refuse_undo_of_names(const std::string& file, std::uint64_t others);

/// Error(refused) if `file` has other names in its volume, which lies in an image: there they
/// cannot be separated. `break_off`: that is what the user wants. `where` names it in the Error.
void refuse_other_names(const FileTree& tree, const FileEdit& file, const std::string& where,
                        bool break_off);

/// Gives `file`, which is no symbolic link, a content of its own: a copy with the same attributes
/// takes its name, and what the other names stand for stays as it is. A crash leaves the one or the
/// other, with the same bytes. Error(refused): no room, or an owner that cannot be kept.
void break_links(Storage& storage, const std::string& file);

}  // namespace goldhive
