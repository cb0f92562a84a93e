// A Storage that notes every call before it passes it on: the proof that a command that only reads
// opened nothing for writing. A test may also do something of its own before a call, in the part of
// another program that changes files meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive::testing {

class RecordingStorage final : public Storage {
 public:
  struct Call {
    std::string name;  ///< "open", "open_write", ...
    std::string path;
  };

  explicit RecordingStorage(std::unique_ptr<Storage> base) : base_(std::move(base)) {}

  /// `action` comes before each call is passed on. Calls that it makes itself are not noted.
  void before_each(std::function<void(const Call&, Storage& base)> action) {
    before_each_ = std::move(action);
  }
  Storage& base() { return *base_; }

  const std::vector<Call>& calls() const { return calls_; }
  std::size_t count(const std::string& name) const;
  /// Calls that can change something: all but stat, list, open, read_link, free_space
  /// and hold_folder.
  std::vector<Call> changes() const;

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override;
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override;
  ChangeMark change_mark(const std::string& path) const override {
    return base_->change_mark(path);
  }
  std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach reach) override;
  std::unique_ptr<WritableFile> open_write(const std::string& path) override;
  std::unique_ptr<WritableFile> create(const std::string& path) override;
  void rename(const std::string& from, const std::string& to) override;
  void rename_new(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  bool link(const std::string& from, const std::string& to) override;
  void send(const std::string& path, std::span<const std::uint8_t> data) override;
  void make_directories(const std::string& path) override;
  void sync_directory(const std::string& directory) override;
  std::uint64_t free_space(const std::string& path) const override;

 private:
  Storage& note(const char* name, const std::string& path) const;

  std::unique_ptr<Storage> base_;
  std::function<void(const Call&, Storage& base)> before_each_;
  mutable std::vector<Call> calls_;
};

}  // namespace goldhive::testing
