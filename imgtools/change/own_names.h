// The names of the files that this program puts beside a target, and of the one that it only shows:
// the disk inside an image that qemu reads (disk/disk_storage.h). All of them hold ".goldhive-" or
// begin with "goldhive-journal".
#pragma once

#include <string>

namespace goldhive {

/// What the journal of one file is called after it, and the journal of several in their folder.
inline constexpr const char* journal_name = "goldhive-journal";
/// What an undo file is called after its target.
inline constexpr const char* undo_suffix = ".goldhive-undo";

/// True of the name of a journal, an undo file or anything else that a patch puts beside a target:
/// the old content of an image is no other image, whatever is in it.
bool is_own_file(const std::string& path);

/// The name of the disk inside an image: "disk.vmdk.goldhive-disk" for "disk.vmdk". No file has it.
std::string disk_inside(const std::string& image);
/// True if `path` is such a name.
bool is_disk_inside(const std::string& path);
/// For people, who know nothing of such names: the image's name, or `path` if it is none of them.
std::string without_disk_inside(const std::string& path);

}  // namespace goldhive
