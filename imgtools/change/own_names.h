// Every name that this program gives to a file of its own, and that of the one that it only shows:
// the disk inside an image that qemu reads (disk/disk_storage.h). All of them hold ".goldhive-" or
// begin with "goldhive-journal". No other file spells such a name; that of scratch files stands in
// host/scratch_posix.h, since they are made below this room.
#pragma once

#include <string>
#include <vector>

namespace goldhive {

/// What the journal of one file is called after it, and the journal of several in their folder.
inline constexpr const char* journal_name = "goldhive-journal";
/// What an undo file is called after its target.
inline constexpr const char* undo_suffix = ".goldhive-undo";

/// Names of the journal of a transaction over `names`, all in `folder`: "SYSTEM.goldhive-journal"
/// for one file, "goldhive-journal" for several. Two names, so that whoever opens a file need not
/// list its folder to know that no journal concerns it.
std::string journal_path(const std::string& folder, const std::vector<std::string>& names);

/// What a file of ours is called until it is whole.
std::string unfinished(const std::string& path);

/// The names that a replacement of `file` uses, all in the file's folder.
struct ReplacementNames {
  explicit ReplacementNames(const std::string& file);
  std::string fresh;   ///< the new content, until it is renamed
  std::string old;     ///< another name of the old file, as long as the record stands
  std::string record;  ///< while it stands, the old content counts
};

/// What a report is called until it is whole; `number` is for another name if one is taken.
std::string unfinished_report(const std::string& path, int number);

/// The old file that belongs to an undo file.
std::string original_of(const std::string& undo_file);

/// True of the name of a journal, an undo file or anything else that a patch puts beside a target:
/// the old content of an image is no other image, whatever is in it.
bool is_own_file(const std::string& path);

/// True of the name of a journal or of the record of a replacement: while a file has it, the old
/// content of its target counts.
bool is_hot_name(const std::string& path);

/// True of the name of the new content of a replacement.
bool is_new_content(const std::string& path);

/// The name of the disk inside an image: "disk.vmdk.goldhive-disk" for "disk.vmdk". No file has it.
std::string disk_inside(const std::string& image);
/// True if `path` is such a name.
bool is_disk_inside(const std::string& path);
/// For people, who know nothing of such names: the image's name, or `path` if it is none of them.
std::string without_disk_inside(const std::string& path);

}  // namespace goldhive
