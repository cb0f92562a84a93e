// Whether a file under a name of ours may be believed. Journals, records, undo files and kept
// originals say what is to be written where, and anybody who can make a file beside a target can
// make one. So all that read such files open them here.
#pragma once

#include <optional>
#include <string>

#include "imgtools/host/storage.h"

namespace goldhive {

enum class OwnKind {
  /// Journals, records and undo files, which say what to do: made for their owner alone, with one
  /// name.
  written,
  /// The old content of a target, whose bytes are compared with a digest before they are used: it
  /// has the target's mode, and may be a hard link that we made, so it may have two names.
  original,
};

/// Opens a file of ours that belongs to a patch of `target`; nullopt if nothing has that name. What
/// it returns has a content.
/// Error(refused) if it is not to be believed: a link or no regular file, more names than we give,
/// an owner who is neither this user, nor root, nor the target's owner, or a file that others may
/// write. All of it is asked of the open file. A file that the user vouches for
/// (OwnFile::vouched_for) need only be a regular one.
std::optional<OwnFile> open_own_file(const ReadStorage& storage, const std::string& path,
                                     const std::string& target, OwnKind kind);

/// True of a file that was being made under a name of ours when that was cut off, as far as its
/// bytes tell: nothing yet, the beginning of a journal or a record, or of a copy of `target` (what
/// was not written reads as zeros after a power cut). Removing it loses nothing; of any other file
/// of that name, nobody knows. `target`: "" for what is never a copy.
bool is_unfinished_own(const ReadStorage& storage, const std::string& path,
                       const std::string& target);

/// True if `path` is the target itself under another name, or a file of ours that holds the same
/// bytes: removing it loses nothing.
bool is_same_as(const ReadStorage& storage, const std::string& path, const std::string& target);

}  // namespace goldhive
