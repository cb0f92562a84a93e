// The storage of a patch, from its first read to its commit.
//
//   1. Whatever the patch reads, it remembers a hash of each page (pages_read.h).
//   2. hold() locks the files that are going to be changed, as soon as their names are known, and
//      compares them with what was read until then. From there on no other goldhive, and nobody
//      who respects locks, changes them.
//   3. open_write() hands out the locked file, or locks it only now. In both cases it compares once
//      more, since most programs take no lock. So a journal is made only for a file that is still
//      what the edit was worked out from, whatever the format.
//   4. A page that reads otherwise than before is an error at once: no edit, and no rescan, rests
//      on two states of a file.
//
// The pages that the patch writes itself are forgotten. A new file that takes a name (a rename)
// starts without anything remembered.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/change/pages_read.h"
#include "imgtools/change/undo_place.h"
#include "imgtools/host/storage.h"

namespace goldhive {

class HoldingStorage final : public Storage {
 public:
  /// `base` must outlive this. `place` says which file the target's name stands for. No other link
  /// is followed: whoever owns a folder could put one there for as long as it takes to lock a file
  /// elsewhere.
  explicit HoldingStorage(Storage& base, JournalPlace place = {})
      : base_(base), place_(std::move(place)) {}

  /// Locks `path` until this goes away, or the file is replaced. A file that cannot be locked is
  /// left to open_write(), which says why. Error(refused) if it was changed since it was read.
  void hold(const std::string& path);

  /// Forgets what was read of `path`, which this patch has changed, under its other names (hard
  /// links): it is not what they hold now.
  void forget_other_names(const std::string& path);

  std::optional<FileInfo> stat(const std::string& path) const override { return base_.stat(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_.list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::string writer_of(const std::string& path) const override { return base_.writer_of(path); }
  ChangeMark change_mark(const std::string& path) const override { return base_.change_mark(path); }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_.open_own(path, target);
  }
  std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach reach) override {
    return base_.hold_folder(path, reach);
  }
  /// Error(refused) also if the file was changed since it was read.
  std::unique_ptr<WritableFile> open_write(const std::string& path) override;
  std::unique_ptr<WritableFile> create(const std::string& path) override {
    return base_.create(path);
  }
  void rename(const std::string& from, const std::string& to) override;
  void rename_new(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  bool link(const std::string& from, const std::string& to) override {
    return base_.link(from, to);
  }
  void send(const std::string& path, std::span<const std::uint8_t> data) override {
    base_.send(path, data);
  }
  void make_directories(const std::string& path) override { base_.make_directories(path); }
  void sync_directory(const std::string& directory) override { base_.sync_directory(directory); }
  std::uint64_t free_space(const std::string& path) const override {
    return base_.free_space(path);
  }

 private:
  struct Known {
    std::string path;  ///< as it was given first; the key may have another case
    std::shared_ptr<PagesRead> pages = std::make_shared<PagesRead>();
    std::shared_ptr<WritableFile> held;
  };

  /// Null for a file that is not watched.
  std::shared_ptr<Known> known(const std::string& path) const;
  void forget(const std::string& path);

  Storage& base_;
  const JournalPlace place_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::shared_ptr<Known>> files_;  ///< by changed_file()
  /// The disk inside an image was opened. What qemu does to the files behind it is its own affair,
  /// so that only the disk counts.
  mutable bool behind_disk_ = false;
};

}  // namespace goldhive
