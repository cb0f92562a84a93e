// The door to every change of files of the host: all of it is done, or nothing.
//
//   transact()                         here: change files
//   recover()                          recover.h: roll a change back that was cut off
//   undo()                             undo.h: take a finished one back, byte for byte
//   ReadThroughStorage                 read_through.h: see the old state where one was cut off
//
// There are two ways behind it, and neither knows the other: journal.h writes in place,
// replacement.h writes a file anew. The bytes of their files stand in docs/journal-format.md.
#pragma once

#include <string>

#include "imgtools/change/undo_place.h"
#include "imgtools/change/verify.h"
#include "imgtools/host/storage.h"
#include "imgtools/host_change.h"

namespace goldhive {

/// Makes the change, has it checked by `verify` (null: not at all), and makes it final. Whatever
/// throws on the way, `verify` included, takes it back and comes out of here. Returns the undo
/// file, "" if none is kept. Error(refused): a file in use or read-only, files in several folders,
/// an earlier change that was cut off, no room, an owner that cannot be kept. Error(usage): an
/// empty change, or edits beyond a file's new size.
std::string transact(Storage& storage, const JournalPlace& place, HostChange change,
                     const std::string& metadata, const Verify& verify);

/// Throws what transact() would throw before it writes, as far as that can be told by reading:
/// files that are read-only, in use or in several folders, no room, no place for the undo file. Not
/// told: an owner that cannot be kept, what becomes of a change that was cut off, and what others
/// do in the meantime.
void require_possible(const ReadStorage& storage, const JournalPlace& place, HostChange change,
                      const std::string& metadata);

}  // namespace goldhive
