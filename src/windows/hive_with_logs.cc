#include "src/windows/hive_with_logs.h"

#include "imgtools/hive_logs.h"
#include "src/windows/find_installations.h"

namespace goldhive::windows {

HiveWithLogs::HiveWithLogs(const FileTree& tree, const std::string& path)
    : tree_(tree), path_(path), primary_(tree.open(path)) {}

HiveWithLogs::Source HiveWithLogs::find_log(std::string_view suffix) {
  const std::optional<std::string> exact = tree_.find(path_ + std::string(suffix));
  if (!exact) return nullptr;
  Source log = tree_.open_if_present(*exact);  // null for a folder of that name
  if (!log) return log;
  logs_.emplace_back(*exact, log);
  const std::size_t slash = exact->rfind('/');
  const std::string folder = slash == std::string::npos ? "" : exact->substr(0, slash);
  const std::string twin = twin_of(tree_, folder, *exact);
  if (!twin.empty()) twin_log_ = Error(ErrorKind::unsupported, why_not_read(twin), *exact);
  return log;
}

hive::OpenedHive HiveWithLogs::open(bool use_logs) {
  hive::OpenedHive opened =
      hive::open_with_logs(primary_, use_logs ? find_logs() : hive::LogSources{});
  if (twin_log_ && opened.state != hive::HiveState::clean) throw Error(*twin_log_);
  return opened;
}

hive::LogSources HiveWithLogs::find_logs() {
  hive::LogSources found;
  found.log = find_log(hive_log_suffixes[0]);
  found.log1 = find_log(hive_log_suffixes[1]);
  found.log2 = find_log(hive_log_suffixes[2]);
  return found;
}

}  // namespace goldhive::windows
