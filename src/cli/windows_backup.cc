#include "src/cli/windows_backup.h"

#include <algorithm>
#include <vector>

#include "imgtools/text.h"

namespace goldhive::cli {
namespace {

std::vector<std::string> parts_of(const std::string& path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find_first_of("/\\", begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

}  // namespace

std::optional<report::BackupReport> windows_backup_of(const std::string& absolute_path) {
  static const std::string prefix = "Backup ";
  const std::vector<std::string> parts = parts_of(absolute_path);
  for (std::size_t i = 0; i + 3 < parts.size(); ++i) {
    const std::string& folder = parts[i + 2];
    if (nt_equal(parts[i], "WindowsImageBackup") && folder.size() > prefix.size() &&
        nt_equal(folder.substr(0, prefix.size()), prefix)) {
      return report::BackupReport{parts[i + 1], folder.substr(prefix.size())};
    }
  }
  return std::nullopt;
}

}  // namespace goldhive::cli
