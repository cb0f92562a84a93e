// Steps of file work that journal, undo and replacement share.
#pragma once

#include <optional>
#include <string>

#include "imgtools/host/storage.h"

namespace goldhive {

/// For cleaning up while another error is on its way out, in destructors too: the first error is
/// the one to tell.
template <class Action>
void try_to(const Action& action) {
  try {
    action();
  } catch (...) {  // NOLINT(bugprone-empty-catch)
  }
}

/// ReadStorage::open_own() for a storage that knows nothing of owners, so that it cannot tell whose
/// a file is: the inside of an image, a double in a test.
std::optional<OwnFile> open_own_by_name(const ReadStorage& storage, const std::string& path);

void remove_if_there(Storage& storage, const std::string& path);

/// Writes all of `source` to the start of `file`, piece by piece; not synced.
void fill_from(const ByteSource& source, WritableFile& file);

}  // namespace goldhive
