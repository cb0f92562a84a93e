// A hive file and the transaction logs that lie beside it. Whoever opens a hive of a file tree does
// it through this, so that all look for the same logs.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/file_tree.h"
#include "src/hive/recovery.h"

namespace goldhive::windows {

class HiveWithLogs {
 public:
  using Source = std::shared_ptr<const ByteSource>;

  /// Opens the hive, not yet its logs. `path` is exact. `tree` must outlive this. Throws Error.
  HiveWithLogs(const FileTree& tree, const std::string& path);

  const Source& primary() const { return primary_; }

  /// The hive as recovered from its logs, where it needs them and they fit. Without `use_logs` none
  /// is looked for. Throws Error if a log is there and cannot be opened, and twin_log() where the
  /// logs matter.
  hive::OpenedHive open(bool use_logs = true);

  /// Looks for the logs; open() does that where it uses them. Throws Error likewise.
  hive::LogSources find_logs();
  /// The logs that were found, by exact path. Their names may differ from the hive's in case.
  const std::vector<std::pair<std::string, Source>>& logs() const { return logs_; }
  /// Set where two logs differ only in the case of their names: which of them Windows takes is not
  /// known.
  const std::optional<Error>& twin_log() const { return twin_log_; }

 private:
  Source find_log(std::string_view suffix);

  const FileTree& tree_;
  std::string path_;
  Source primary_;
  std::vector<std::pair<std::string, Source>> logs_;
  std::optional<Error> twin_log_;
};

}  // namespace goldhive::windows
