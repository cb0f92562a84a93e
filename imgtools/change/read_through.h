// Reading where a change was cut off: whoever opens the target sees the old state, and nothing is
// written.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/hot_journal.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// A ReadStorage that reads through hot journals: what scan, list, plan and verify are given, and
/// every image format with them. The rescan inside a transaction is given the plain one, since
/// there the journal is its own.
class ReadThroughStorage final : public ReadStorage {
 public:
  /// `base` must outlive this.
  explicit ReadThroughStorage(const ReadStorage& base) : base_(base) {}

  /// The size is the old one where a hot journal says so.
  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_.list(directory);
  }
  /// Errors of find_hot_journal() and old_state() come out here.
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::string writer_of(const std::string& path) const override { return base_.writer_of(path); }
  std::optional<Error> write_refusal(const std::string& path) const override {
    return base_.write_refusal(path);
  }
  ChangeMark change_mark(const std::string& path) const override { return base_.change_mark(path); }
  std::string in_use_by(const std::string& path) const override { return base_.in_use_by(path); }
  std::uint64_t free_space(const std::string& path) const override {
    return base_.free_space(path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_.open_own(path, target);
  }

  struct Met {
    std::string journal;   ///< path
    std::string file;      ///< what was opened: the argument recover() wants
    std::string metadata;  ///< what the change noted in it (undo_metadata())
    bool fits = true;      ///< false: open() threw, since the file is in a state of its own
  };
  /// The hot journals that open() met, each once: for a report's warning, and to roll back before a
  /// patch.
  const std::vector<Met>& journals() const { return journals_; }

 private:
  Met& meet(const std::string& journal, const std::string& file, const std::string& metadata) const;

  const ReadStorage& base_;
  mutable DecodedJournals decoded_;
  mutable std::vector<Met> journals_;
  /// The old contents that were compared with the records of replacements, by the records' paths:
  /// open files, so that each is read whole only once.
  mutable std::map<std::string, std::shared_ptr<const ByteSource>> originals_;
};

}  // namespace goldhive
