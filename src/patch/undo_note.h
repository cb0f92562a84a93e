// What a patch notes in its undo files for goldhive undo to know. No byte of a hive that an undo
// puts back depends on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

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
};

std::string to_text(const UndoNote& note);
/// Of any text; what cannot be understood is as in an empty note.
UndoNote parse_undo_note(const std::string& text);

}  // namespace goldhive::patch
