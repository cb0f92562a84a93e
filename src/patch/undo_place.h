// Where the undo files of a target lie: beside the target, but never inside an image.
#pragma once

#include <string>

#include "imgtools/change/undo_place.h"

namespace goldhive::patch {

/// place_of(), but with options.image_root found by the names on the path: the undo files of a part
/// of an image lie beside the image.
JournalPlace undo_place(const ReadStorage& storage, const std::string& target,
                        const std::string& absolute_target, UndoOptions options);

}  // namespace goldhive::patch
