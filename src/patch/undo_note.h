// What a patch notes in its undo files for goldhive undo to know. Nothing but the words of an undo
// depends on it: the bytes to put back stand beside it.
#pragma once

#include <cstddef>
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
};

std::string to_text(const UndoNote& note);
/// Of any text; what cannot be understood is as in an empty note.
UndoNote parse_undo_note(const std::string& text);

}  // namespace goldhive::patch
