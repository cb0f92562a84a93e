// Steps of file work that reports, journals, undo files and replacements share.
#pragma once

#include <functional>
#include <memory>
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

/// A target, and the folder that it is or that it lies in, held for what is done to it.
struct HeldTarget {
  std::string path;                    ///< what the target's name stands for: no link
  std::unique_ptr<HeldFolder> folder;  ///< null if nothing is there
};
HeldTarget hold_target(Storage& storage, const std::string& target);

void remove_if_there(Storage& storage, const std::string& path);

/// A file that is to be at `path` whole or not at all.
struct WholeFile {
  std::string path;
  std::string beside;  ///< its name until it is whole, on the same file system
  /// Writes the content. The file is new and empty.
  std::function<void(WritableFile& file)> fill;
  /// Looks at the synced file, which still lies at `beside`. Throws if it must not count.
  std::function<void()> check = nullptr;
  /// The file takes the place of one that is there; otherwise such a one is Error(refused).
  bool replaces = false;
};

/// Writes the file beside, syncs it, has it checked, renames it to `path` and syncs the folder. So
/// whoever opens `path` sees what was there before or the whole new file, after a power cut, too.
/// The file is locked from its creation on. Error(refused) if `beside` is taken. Whatever throws
/// leaves `path` as it was. There is one exception: a file that `replaces` stays if then the folder
/// cannot be synced.
void write_whole_file(Storage& storage, const WholeFile& whole);

/// Writes all of `source` to the start of `file`, piece by piece; not synced.
void fill_from(const ByteSource& source, WritableFile& file);

}  // namespace goldhive
