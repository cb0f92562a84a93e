#include "src/windows/hive_with_logs.h"

#include "imgtools/hive_logs.h"

namespace goldhive::windows {

HiveWithLogs::HiveWithLogs(const FileTree& tree, const std::string& path)
    : tree_(tree), path_(path), primary_(tree.open(path)) {}

HiveWithLogs::Source HiveWithLogs::find_log(std::string_view suffix) {
  const std::optional<std::string> exact = tree_.find(path_ + std::string(suffix));
  if (!exact) return nullptr;
  Source log = tree_.open_if_present(*exact);  // null for a folder of that name
  if (log) logs_.emplace_back(*exact, log);
  return log;
}

hive::OpenedHive HiveWithLogs::open(bool use_logs) {
  return hive::open_with_logs(primary_, use_logs ? find_logs() : hive::LogSources{});
}

hive::LogSources HiveWithLogs::find_logs() {
  hive::LogSources found;
  found.log = find_log(hive_log_suffixes[0]);
  found.log1 = find_log(hive_log_suffixes[1]);
  found.log2 = find_log(hive_log_suffixes[2]);
  return found;
}

}  // namespace goldhive::windows
