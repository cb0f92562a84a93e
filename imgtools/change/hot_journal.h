// Finding a hot journal (a transaction that was cut off) and reading through it: whoever opens the
// target sees the old state, and nothing is written.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/change/journal_format.h"
#include "imgtools/change/own_names.h"
#include "imgtools/host/storage.h"

namespace goldhive {

struct HotJournal {
  std::string path;
  std::string folder;  ///< where the journal and its targets lie
  Journal journal;
  /// The targets' names today: as in the journal, but for a lone target that was renamed together
  /// with its journal.
  std::vector<std::string> names;
  std::uint32_t target = 0;  ///< which of them was asked for
};

/// The hot journal that concerns `host_file` (symbolic links to it are followed), if there is one.
/// Error(corrupt) for a damaged journal, Error(unsupported) for one of a newer version,
/// Error(refused) for one that is not to be believed (own_files.h) or names what it must not: the
/// journal of one file has that file as its only target, a journal of several only regular files of
/// its folder, none of them a file of ours or the disk inside an image.
std::optional<HotJournal> find_hot_journal(const ReadStorage& storage,
                                           const std::string& host_file);

/// Error(refused) if a hot journal or the record of a cut-off replacement concerns `host_file`.
void refuse_hot(const ReadStorage& storage, const std::string& host_file);

/// `current`, which is the file `hot` was found for as it lies, with the old bytes laid over it and
/// the old size. Error(refused) if the journal belongs to another file or to another state of it.
std::unique_ptr<ByteSource> old_state(const HotJournal& hot,
                                      std::shared_ptr<const ByteSource> current);

/// Makes `path` a hot journal: writes it by `fill` under the name "<path>.new", syncs it, decodes
/// it again, renames it and syncs the folder. "<path>.new", created exclusively and locked, also
/// keeps two processes from making the same journal. Error(refused) if there is a journal; if it
/// throws, there is none.
Journal make_hot(Storage& storage, const std::string& path,
                 const std::function<void(WritableFile& file)>& fill);

/// Removes "<path>.new" if a process that is gone left it.
void remove_leftover(Storage& storage, const std::string& path);

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
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_.open_own(path, target);
  }

  struct Met {
    std::string journal;  ///< path
    std::string file;     ///< what was opened: the argument recover() wants
    bool fits = true;     ///< false: open() threw, since the file is in a state of its own
  };
  /// The hot journals that open() met, each once: for a report's warning, and to roll back before a
  /// patch.
  const std::vector<Met>& journals() const { return journals_; }

 private:
  Met& meet(const std::string& journal, const std::string& file) const;

  const ReadStorage& base_;
  mutable std::vector<Met> journals_;
  /// The old contents that were compared with the records of replacements, by the records' paths:
  /// open files, so that each is read whole only once.
  mutable std::map<std::string, std::shared_ptr<const ByteSource>> originals_;
};

}  // namespace goldhive
