// Windows Backup ("system image", wbadmin) keeps disks under names that say whose they are:
//
//   WindowsImageBackup/<machine>/Backup 2016-07-08 101112/<volume GUID>.vhd
//
// (.vhdx since Windows 8). The time is that of the backup, in UTC as people say. Neither the names
// nor the time are documented. Source: what wbadmin writes.
#pragma once

#include <optional>
#include <string>

#include "src/report/report.h"

namespace goldhive::target {

/// What the folders around `absolute_path` say; nullopt unless they are those of a Windows backup.
std::optional<report::BackupReport> windows_backup_of(const std::string& absolute_path);

}  // namespace goldhive::target
