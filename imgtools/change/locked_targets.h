// The files that are changed together, locked.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

/// What LockedTargets refuses of a file before it opens it: a symbolic link, no regular file.
void require_regular_file(const ReadStorage& storage, const std::string& path);
/// What LockedTargets refuses of a file, as far as it can be told without opening or locking it:
/// Error(refused), with the same words.
void require_lockable(const ReadStorage& storage, const std::string& path);

/// Removes the file at `path`, which somebody was making, if he is gone. What is not known to be
/// that stays (is_unfinished_own()).
void remove_unfinished(Storage& storage, const std::string& path, const std::string& target = "");

/// The targets of one transaction, locked for writing as long as this lives.
class LockedTargets {
 public:
  /// Locks in the order of the names given. Error(refused) if one is a symbolic link, no regular
  /// file, read-only or in use; not_found if it is absent.
  LockedTargets(Storage& storage, const std::string& folder, const std::vector<std::string>& names);

  std::size_t size() const { return files_.size(); }
  WritableFile& file(std::size_t index) { return *files_[index]; }
  const WritableFile& file(std::size_t index) const { return *files_[index]; }

 private:
  std::vector<std::unique_ptr<WritableFile>> files_;
};

}  // namespace goldhive
