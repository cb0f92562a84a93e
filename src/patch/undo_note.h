// What a patch notes in its undo files for goldhive undo to know. No byte of a hive that an undo
// puts back depends on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "src/hive/hive.h"

namespace goldhive::patch {

struct UndoNote {
  std::string tool;
  /// One patch may leave several undo files, one a transaction: undo takes all of them back.
  std::size_t part = 1;
  std::size_t parts = 1;
  /// All that the patch was to change, as what follows the target's path in the ids: "", "@2",
  /// ":p2:/Windows.old". Empty in the undo files of older versions.
  std::vector<std::string> installations;
  /// Other names (hard links) that the changed files had, at most, and that were changed with them.
  std::uint64_t other_names = 0;
  /// The CID that a VMDK had before (disk/vmdk_descriptor.h). qemu gives it another one with each
  /// change, that of an undo as well, and by that one its children know it.
  std::string content_id = "";
  /// The size of a file that qemu writes the disk of, before; 0 of others.
  std::uint64_t file_size = 0;
  hive::FileTime made = 0;   ///< when the patch was made: what it stamps keys with
  std::uint64_t values = 0;  ///< that this part of the patch was to change
};

std::string to_text(const UndoNote& note);
/// Of any text; what cannot be understood is as in an empty note.
UndoNote parse_undo_note(const std::string& text);

}  // namespace goldhive::patch
