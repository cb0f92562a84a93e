#include "src/target/windows_backup.h"

#include <vector>

#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"

namespace goldhive::target {

std::optional<report::BackupReport> windows_backup_of(const std::string& absolute_path) {
  static const std::string prefix = "Backup ";
  const std::vector<std::string> parts = path_parts(absolute_path, "/\\");
  for (std::size_t i = 0; i + 3 < parts.size(); ++i) {
    const std::string& folder = parts[i + 2];
    if (nt_equal(parts[i], "WindowsImageBackup") && folder.size() > prefix.size() &&
        nt_equal(folder.substr(0, prefix.size()), prefix)) {
      return report::BackupReport{parts[i + 1], folder.substr(prefix.size())};
    }
  }
  return std::nullopt;
}

}  // namespace goldhive::target
