// The interface between "what kind of thing is this file" and everything above. To support a new
// image format, implement Image in one file and add its row to formats.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/file_tree.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// What a volume's own metadata says that makes its files doubtful. Read by us, never changed.
struct VolumeState {
  bool encrypted = false;     ///< BitLocker: nothing below can be read
  bool dirty = false;         ///< NTFS volume flag: chkdsk is due
  bool unclean_log = false;   ///< $LogFile holds work that was not replayed
  bool fast_startup = false;  ///< $LogFile version 2.0
  bool hibernated = false;    ///< hiberfil.sys holds a session
  std::string detail;         ///< what the flags do not say, for people; may be empty
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
  /// Null if the volume is not one we read; then `passed_over` says why ("exFAT", "ReFS", ...).
  std::shared_ptr<const FileTree> tree;
  std::string passed_over;
  /// Set if the volume is of a kind we read and yet cannot be read: what is in it is not known.
  std::optional<Error> error;
};

/// A change of one file of a volume: what a patch wants, in the file's own offsets.
struct FileEdit {
  std::string path;                                     ///< exact path in the volume's tree
  std::uint64_t new_size = 0;                           ///< >= the old size
  std::vector<std::pair<std::uint64_t, Bytes>> writes;  ///< sorted, not overlapping
  /// All of the file after the edit, in memory, if whoever made the edit has it: then an image that
  /// packs its files need not unpack this one a second time. What `writes` leaves untouched must
  /// have been read in one piece from FileTree::open(), which compares it with sums that the image
  /// has.
  std::shared_ptr<const ByteSource> contents = nullptr;
};

/// Edits of files of one volume of an image.
struct VolumeEdit {
  std::size_t volume = 0;  ///< index in Image::volumes()
  std::vector<FileEdit> files;
};

/// A change of a file of the host: what the journal writes. All of a phase is on stable storage
/// before the next phase starts (data before the map that points to it).
struct HostEdit {
  std::string path;
  int phase = 0;
  std::uint64_t offset = 0;
  Bytes data;
};

/// A file of the host that is written anew as a whole, since it cannot be changed in place.
struct HostRewrite {
  std::string path;
  std::uint64_t size_limit = 0;  ///< what the new file takes at most, by an estimate
  /// Hands out the new content from front to back. Reads the old file; may throw Error.
  std::function<void(const std::function<void(std::span<const std::uint8_t>)>& put)> write;
};

/// All that a transaction does to the host: the edits, and the final size of each file that grows
/// (naming one that stays as it is does no harm).
struct HostChange {
  std::vector<HostEdit> edits;
  std::vector<std::pair<std::string, std::uint64_t>> sizes;
  /// If set, this is the change, and there are no edits.
  std::optional<HostRewrite> rewrite = std::nullopt;
};

/// Adds a change of a file that lies on the host as it is, in phase 0.
void append(HostChange& change, const FileEdit& edit, const std::string& host_path);

class Image {
 public:
  virtual ~Image() = default;

  /// As in the report: "directory", "hive", "wim", "vhd", ...
  virtual std::string format() const = 0;
  virtual const std::vector<Volume>& volumes() const = 0;

  /// Translates edits of files of volume `index` into edits of files of the host. Reads, never
  /// writes. The default throws refusal(), which says what to do instead. A volume in a
  /// state that forbids changes is Error(refused), but not one that is merely dirty: whether the
  /// user insists there (--force-unclean) is for the caller to ask.
  virtual HostChange host_change(std::size_t index, const std::vector<FileEdit>& edits) const;

  /// Why host_change() refuses whatever is to be changed in volume `index`: the Error it throws.
  /// nullopt if nothing is known to be in the way before the edits are. The default refuses.
  virtual std::optional<Error> refusal(std::size_t index) const;

  /// True of a format whose volumes share structures: edits of several of them must be handed to
  /// change_volumes() together, and are one transaction.
  virtual bool changes_as_one() const { return false; }

  /// host_change() for several volumes. `now` (a FILETIME) is for formats that note when they were
  /// changed. The default takes one volume.
  virtual HostChange change_volumes(const std::vector<VolumeEdit>& edits, std::uint64_t now) const;

  /// What a reader of a verdict should know of the image as a whole: one sentence each.
  virtual std::vector<std::string> notes() const { return {}; }

  /// True of a format whose volumes can hold anything, so that none with a Windows is no error.
  virtual bool may_lack_windows() const { return false; }

  /// Reads what the image has to check itself by (the integrity table of a WIM), all of it. Says
  /// what was checked; Error(corrupt) if it is not right.
  virtual std::vector<std::string> check() const;

  /// Files of the host that belong to the image, the main one first; for locks and hot journals.
  virtual std::vector<std::string> host_files() const = 0;
};

class UnpackBudget;

struct OpenOptions {
  std::string input_format;  ///< a name of formats.cc to force, or "" to detect by content
  /// Images inside archives are opened this deep: 1 opens disk.vhd in a zip, not one in a zip in a
  /// zip.
  int depth = 1;
  /// Bytes that may come out of an archive before it is taken for a bomb; 0: by its size.
  std::uint64_t max_unpacked = 0;
  std::string scratch_directory =
      {};  ///< for what is too large for memory; "" is the working directory
  /// Shared by an archive and what is nested in it; made by the outermost one.
  std::shared_ptr<UnpackBudget> budget = nullptr;
};

/// Opens any target; `storage` must outlive the image. Throws Error: not_found, io, unsupported
/// ("no format of mine"), corrupt ("mine but broken").
std::unique_ptr<Image> open_image(const ReadStorage& storage, const std::string& path,
                                  const OpenOptions& options = {});

/// True of a file that is opened with another one beside it, by whose name the image goes: a later
/// part of a split WIM, an extent of a VMDK. Not of one whose other file is not there. Throws
/// Error.
bool is_opened_with_another(const ReadStorage& storage, const std::string& path);

/// The name of the format that open_image() would take `path` for, by its first bytes, or what it
/// is of the kinds that open_image() knows and refuses; "" if it is neither, or empty. Throws
/// Error: not_found, io.
std::string detect_format(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive
