// Replacement of a whole file: what a change needs that cannot be made in place, such as that of a
// member of a packed tar. The other of two ways behind transact.h, with the same promises: a crash
// at any moment leaves the old file or the new one, and the old one can be had back byte for byte.
//
// The order of writes, and why it holds, stands above the code in replacement.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/replacement_record.h"
#include "imgtools/change/undo_place.h"
#include "imgtools/change/verify.h"
#include "imgtools/host/storage.h"
#include "imgtools/host_change.h"

namespace goldhive {

/// require_possible() for a rewrite.
void require_possible_replacement(const ReadStorage& storage, const JournalPlace& place,
                                  const HostRewrite& rewrite);

/// transact() for a rewrite: writes the new file beside the old one, has it checked by `verify`,
/// and puts it in its place. Returns the undo file, "" if none is kept. Error(refused): in use,
/// read-only, no room, an owner that cannot be kept. Whatever throws on the way leaves the old
/// file.
std::string replace_file(Storage& storage, const JournalPlace& place, const HostRewrite& rewrite,
                         const std::string& metadata, const Verify& verify);

/// recover() for the replacement of `file`, which is no symbolic link: takes back one that was cut
/// off, and removes what one left that did not get so far. Returns the record that was worked off,
/// nullopt if there was none.
std::optional<std::string> recover_replacement(Storage& storage, const std::string& file,
                                               bool force);

/// foreign_leftovers().
std::vector<std::string> foreign_to_replacement(const ReadStorage& storage,
                                                const std::string& file);

/// The record that is an undo file, open as `content`. Error(refused) if a patch of that place
/// cannot have made it.
ReplacementRecord decode_undo_record(const JournalPlace& place, const ByteSource& content);

/// require_undo_possible() for an undo file, open as `content`, that is the record of a
/// replacement.
void require_replacement_undo(const ReadStorage& storage, const JournalPlace& place,
                              const ByteSource& content);

/// undo() for an undo file, open as `content`, that is the record of a replacement.
UndoResult undo_replacement(Storage& storage, const JournalPlace& place, const ByteSource& content,
                            bool force);

}  // namespace goldhive
