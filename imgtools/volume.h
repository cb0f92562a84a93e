// What an image has in it, as plain values: its volumes, the state they were left in, and the edits
// of their files. Code that only looks at the values (a check of a policy) includes this header and
// with it neither storage nor trees.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/write.h"

namespace goldhive {

class ByteSource;
class FileTree;

/// What a volume's own metadata says that makes its files doubtful. We read it and never change it.
struct VolumeState {
  bool encrypted = false;     ///< BitLocker: none of the following can be read
  bool dirty = false;         ///< NTFS volume flag: chkdsk is due
  bool unclean_log = false;   ///< $LogFile holds work that was not replayed
  bool fast_startup = false;  ///< $LogFile version 2.0
  bool hibernated = false;    ///< hiberfil.sys holds a session
  std::string detail;         ///< for people: what the flags do not say; may be empty
  bool suspicious() const {
    return encrypted || dirty || unclean_log || fast_startup || hibernated;
  }
};

/// The flags and the detail in words, for people; "" if nothing is suspicious.
std::string describe(const VolumeState& state);

/// One file system, or one image of a multi-image file.
struct Volume {
  /// What follows the target's path in an installation id: "" for a directory, "@2" for image 2 of
  /// a WIM, ":p2" for partition 2 of a disk.
  std::string id;
  std::string label;  ///< for people: "System Reserved", "Windows 7 Professional"; may be empty
  std::string description;  ///< what else the target says of it: "Professional, x64"; may be empty
  std::string file_system;  ///< "ntfs", "fat32", "wim", ""; for `list`
  std::uint64_t size = 0;   ///< bytes, 0 where it has no meaning
  VolumeState state;
  /// Null if the volume is of a kind that we do not read; `passed_over` says which ("exFAT",
  /// "ReFS").
  std::shared_ptr<const FileTree> tree;
  std::string passed_over;
  /// True of what is passed over and surely holds no Windows: a volume of another system, a boot
  /// partition, a file of an archive that is no image.
  bool foreign = false;
  /// True of a partition that is neither of a kind that we read nor surely without a Windows.
  bool unread = false;
  /// Set if the volume is of a kind that we read, but could not be read: its content is not known.
  std::optional<Error> error;
};

/// A change of one file of a volume: what a patch wants, in the file's own offsets.
struct FileEdit {
  std::string path;            ///< exact path in the volume's tree
  std::uint64_t new_size = 0;  ///< >= the old size
  std::vector<Write> writes;
  /// The whole file after the edit, in memory, if the maker of the edit has it: an image that packs
  /// its files then need not unpack this one a second time. The bytes that `writes` leaves as they
  /// are must come from one read of all of FileTree::open(), which compares them with the sums of
  /// the image.
  std::shared_ptr<const ByteSource> contents = nullptr;
};

/// Edits of files of one volume of an image.
struct VolumeEdit {
  std::size_t volume = 0;  ///< index in Image::volumes()
  std::vector<FileEdit> files;
};

}  // namespace goldhive
