// Undo files: where they lie, and taking a finished patch back. An undo file is the journal of the
// patch under another name.
//
// Stacking: a target that is patched again gets a second undo file, "<path>.2", then ".3" and so
// on; none is ever replaced. undo() takes the newest. They can only be worked off in that order,
// because each fits only the state its own patch left.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/journal.h"

namespace goldhive {

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

/// The first of the place's paths that can be written (tried with a file that is removed at once).
/// Error(refused) if none can.
std::string writable_undo_path(Storage& storage, const JournalPlace& place);
/// The name for one more undo file: `path`, or `path` with the next number. Error(refused) if there
/// is none left.
std::string next_undo_file(const ReadStorage& storage, const std::string& path);
struct UndoFile {
  std::string path;
  std::uint64_t number;  ///< 1 for the first; each has a higher one than those that were there
};
/// The undo files at the first of the place's paths that has any, the newest first.
std::vector<UndoFile> undo_files(const ReadStorage& storage, const JournalPlace& place);
/// The undo file that undo() should take: the newest.
std::optional<std::string> newest_undo_file(const ReadStorage& storage, const JournalPlace& place);

/// Copies a journal to `path` on any file system: complete and synced, or not there.
void copy_durably(Storage& storage, const Journal& journal, const std::string& path);

/// The targets' folder below the root. Error(refused) if a symbolic link stands on the way, since
/// it could lead out of the tree.
std::string folder_below(const ReadStorage& storage, const std::string& root,
                         const std::string& folder);

/// What the patch of an undo file noted in it. Error(corrupt); Error(refused) if the file is not to
/// be believed (own_files.h).
std::string undo_metadata(const ReadStorage& storage, const JournalPlace& place,
                          const std::string& undo_file);

struct UndoResult {
  bool changed =
      false;  ///< false: the targets were in the old state already (an undo cut off late)
  std::string metadata;              ///< of the transaction that was taken back
  std::vector<std::string> targets;  ///< paths of the files
};

/// Takes the patch of `undo_file` back and removes the file. A crash leaves the patched files or
/// the original ones. Error(refused) if they are not exactly as the patch left them, unless
/// `force`; and, whatever `force` says, if the undo file is not to be believed (own_files.h), or
/// names other files than a patch of this target changes.
UndoResult undo(Storage& storage, const JournalPlace& place, const std::string& undo_file,
                bool force);

}  // namespace goldhive
