// Crash-safe replacement of a whole file: what a change needs that cannot be made in place, such as
// that of a member of a packed tar. The counterpart of journal.h, with the same promises: a crash
// at any moment leaves the old file or the new one, and the old one can be had back byte for byte.
//
// The order of writes, and why it holds, stands above the code in replacement.cc.
#pragma once

#include <optional>
#include <string>

#include "imgtools/change/journal.h"
#include "imgtools/change/replacement_record.h"
#include "imgtools/change/undo.h"

namespace goldhive {

/// Writes the new file beside the old one, has it checked by `verify`, and puts it in its place.
/// Returns the undo file, "" if none is kept. Error(refused): in use, read-only, no room, an owner
/// that cannot be kept. Whatever throws on the way leaves the old file.
std::string replace_file(Storage& storage, const JournalPlace& place, const HostRewrite& rewrite,
                         const std::string& metadata, const Verify& verify);

/// Takes back the replacement of `file` that was cut off, and removes what one left that did not
/// get so far. Returns the record that was worked off, nullopt if there was none.
std::optional<std::string> recover_replacement(Storage& storage, const std::string& file,
                                               bool force);

/// undo() for an undo file, open as `content`, that is the record of a replacement.
UndoResult undo_replacement(Storage& storage, const JournalPlace& place, const ByteSource& content,
                            bool force);

}  // namespace goldhive
