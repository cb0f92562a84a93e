// Where the files of a target and its undo files lie. An undo file is the journal of the patch
// under another name, or the record of a replacement.
//
// Stacking: a target that is patched again gets a second undo file, "<path>.2", then ".3" and so
// on; none is ever replaced. undo() takes the newest. They can only be worked off in that order,
// because each fits only the state its own patch left. The numbers go on over all places of a
// target: a patch whose undo file had to go elsewhere is still known to be the newer one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Where the files of a target belong. Made by place_of().
struct JournalPlace {
  /// The folder that undo files record the targets' folder relative to: the tree itself, or the
  /// folder of an image or hive.
  std::string root;
  /// The name of an image or hive in `root`; "" for a tree.
  std::string file;
  /// Paths for the undo file, the best first; the first that can be written is taken, with ".2",
  /// ".3", ... added if undo files of earlier patches stand there.
  std::vector<std::string> undo_paths;
  bool keep_undo = true;
  /// The target as the user named it, which may be a link to `file`; "" where nothing else than
  /// `file` names it.
  std::string named = "";
  /// The folder of the last of `undo_paths`, where that one does not lie beside the target: it may
  /// be reached by links of others.
  std::string apart = "";
};

/// Opens the root of a place, so that what is done to the target is done there (hold_folder()).
std::unique_ptr<HeldFolder> hold_root(Storage& storage, const JournalPlace& place);

/// The file of the host that a change of `path` concerns. Links are not followed once more: the
/// place has settled which file the target is.
std::string changed_file(const JournalPlace& place, const std::string& path);

struct UndoOptions {
  bool keep = true;          ///< --no-undo
  std::string directory;     ///< --undo-dir; "" is beside the target
  std::string fallback_dir;  ///< where undo files go if `directory` cannot be written; "" is none
  /// The folder that is the image, where the target lies within one: its undo files go beside that
  /// folder, since nothing of ours may stay in an image. "" is none.
  std::string image_root;
};

/// Where the undo files of `target` go: "<target>.goldhive-undo" for a tree as for a file; for a
/// part of an image "<image_root>-<8 hex digits of the SHA-256 of the way from
/// there>.goldhive-undo"; in `directory` and `fallback_dir`, which may serve many targets,
/// "<name>-<8 hex digits of the SHA-256 of absolute_target>.goldhive-undo". `absolute_target` is
/// `target` made absolute by the caller, who alone knows the working directory, and begins with
/// `image_root`.
JournalPlace place_of(const ReadStorage& storage, const std::string& target,
                      const std::string& absolute_target, const UndoOptions& options);

struct UndoPath {
  std::string path;                    ///< "" if none is kept
  std::unique_ptr<HeldFolder> folder;  ///< the folder of it
};
/// The first of the place's paths that can be written (tried with a file that is removed at once).
/// Error(refused) if none can.
UndoPath writable_undo_path(Storage& storage, const JournalPlace& place);
/// The path that writable_undo_path() would find, as far as that can be told without trying; throws
/// what it throws.
std::string likely_undo_path(const ReadStorage& storage, const JournalPlace& place);
/// The name for one more undo file at `path`, one of the place's: `path`, or `path` with the next
/// number. A number is taken by an undo file or by a kept original alone, at any of the place's
/// paths that can be seen. Error(refused) if there is none left.
std::string next_undo_file(const ReadStorage& storage, const JournalPlace& place,
                           const std::string& path);
struct UndoFile {
  std::string path;
  std::string place;     ///< the one of the place's paths that it is numbered at
  std::uint64_t number;  ///< 1 for the first; each has a higher one than those that were there
};
/// The undo files at all of the place's paths, the newest first. Of two with one number (versions
/// before 0.2.0 numbered each place by itself) the one that was written last.
std::vector<UndoFile> undo_files(const ReadStorage& storage, const JournalPlace& place);
/// The undo file that undo() should take: the newest.
std::optional<std::string> newest_undo_file(const ReadStorage& storage, const JournalPlace& place);

/// Removes what patches and undos that were cut off left where the undo files of the place lie:
/// undo files that were never finished, and kept originals whose undo file is not there, if the
/// target holds the same bytes. The paths of those that stay. To be called when no transaction of
/// the target is hot.
std::vector<std::string> remove_undo_leftovers(Storage& storage, const JournalPlace& place);

/// Removes, of these, the kept originals at `undo_path` that hold the bytes of `target`, which the
/// caller has locked.
void remove_same_originals(Storage& storage, const std::string& undo_path,
                           const std::string& target);

/// `folder` as undo files record it: relative to `root`. Error(refused) if it is not in there.
std::string relative_folder(const std::string& root, const std::string& folder);

/// The targets' folder below the root. Error(refused) if a symbolic link stands on the way, since
/// it could lead out of the tree.
std::string folder_below(const ReadStorage& storage, const std::string& root,
                         const std::string& folder);

struct UndoResult {
  bool changed =
      false;  ///< false: the targets were in the old state already (an undo cut off late)
  std::string metadata;              ///< of the transaction that was taken back
  std::vector<std::string> targets;  ///< paths of the files
  /// Those of them that have no other names any more, which keep what the patch had made.
  std::vector<std::string> separated;
};

}  // namespace goldhive
