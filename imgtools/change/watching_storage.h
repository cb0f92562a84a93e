// The storage of a scan: it notices that a file changed while it was read.
//
// A scan takes no locks, and must not, since it may read what is in use. So it looks at each file
// before it opens it, and once more when all is read: device, inode, size and times. It lies below
// ReadThroughStorage, so that journals count as files that were read: one that went away meanwhile
// says that a patch was finished between two hives.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

class WatchingStorage final : public ReadStorage {
 public:
  /// `base` must outlive this.
  explicit WatchingStorage(const ReadStorage& base) : base_(base) {}

  /// A file that is not any more what it was when it was opened first; "" if all are.
  std::string changed() const;

  std::optional<FileInfo> stat(const std::string& path) const override { return base_.stat(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_.list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::string writer_of(const std::string& path) const override { return base_.writer_of(path); }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override;

 private:
  void note(const std::string& path) const;

  const ReadStorage& base_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::optional<FileInfo>> opened_;
};

}  // namespace goldhive
