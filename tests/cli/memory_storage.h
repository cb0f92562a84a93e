// A host file system in memory, for command line tests. Paths in outputs are the same on every
// machine, files can be unreadable whoever runs the tests, and every call that could change
// something is recorded.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "imgtools/host/storage_steps.h"

namespace goldhive::tests {

class MemoryStorage final : public Storage {
 public:
  /// Adds or replaces a file; its directories exist with it. Paths are relative, without "./".
  void put(const std::string& path, Bytes data);
  void put(const std::string& path, const std::string& text);
  void make_directory(const std::string& path) { directories_.insert(path); }
  /// Reading the file fails from now on, as without permission.
  void forbid(const std::string& path) { forbidden_.insert(path); }

  /// Another user owns the file from now on.
  void give_away(const std::string& path) { strangers_.insert(path); }

  /// Somebody else writes the file from now on.
  void write_elsewhere(const std::string& path) { written_.insert(path); }
  /// Nobody can write the file, or make anything in the folder, from now on.
  void make_read_only(const std::string& path) { read_only_.insert(path); }
  /// The file has so many names from now on.
  void set_links(const std::string& path, std::uint64_t links) { links_[path] = links; }
  void set_free_space(std::uint64_t bytes) { free_space_ = bytes; }

  bool has(const std::string& path) const { return files_.count(path) != 0; }
  std::string text(const std::string& path) const;
  /// Every call that opens for writing, creates, renames, removes: "create
  /// report.json.goldhive-report.new".
  const std::vector<std::string>& changes() const { return changes_; }

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override;
  std::optional<OwnFile> open_own(const std::string& path, const std::string&) const override;
  std::string writer_of(const std::string& path) const override;
  ChangeMark change_mark(const std::string&) const override { return {true, ""}; }
  std::optional<Error> write_refusal(const std::string& path) const override;
  std::string in_use_by(const std::string& path) const override { return writer_of(path); }
  /// Its folders have no links, and nobody replaces them.
  std::unique_ptr<HeldFolder> hold_folder(const std::string&, Reach) override { return nullptr; }
  std::unique_ptr<WritableFile> open_write(const std::string& path) override;
  std::unique_ptr<WritableFile> create(const std::string& path) override;
  void rename(const std::string& from, const std::string& to) override;
  void rename_new(const std::string& from, const std::string& to) override;
  void remove(const std::string& path) override;
  void send(const std::string& path, std::span<const std::uint8_t> data) override;
  void make_directories(const std::string& path) override;
  void sync_directory(const std::string& directory) override;
  std::uint64_t free_space(const std::string&) const override { return free_space_; }

 private:
  std::map<std::string, Bytes> files_;
  std::set<std::string> directories_ = {""};
  std::set<std::string> forbidden_;
  std::set<std::string> written_;
  std::set<std::string> strangers_;
  std::set<std::string> read_only_;
  std::map<std::string, std::uint64_t> links_;
  std::uint64_t free_space_ = std::uint64_t{1} << 40;
  std::vector<std::string> changes_;
  mutable std::map<std::string, std::uint64_t> numbers_;  ///< inodes, as they are asked for
};

}  // namespace goldhive::tests
