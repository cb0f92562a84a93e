// Which file system a volume holds, told by its content. Partition types are no evidence: 0x07 is
// NTFS, exFAT or HPFS, and any tool may leave a wrong one.
#pragma once

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

struct FileSystem {
  const char* id;     ///< as in the report: "ntfs", "fat32", "bitlocker"; "" if not recognised
  const char* title;  ///< for people: "NTFS", "BitLocker"; "an unknown file system"
  /// Has a boot sector of the PC kind, so the same 512 bytes cannot also be a partition table.
  bool boot_sector;
  /// Of another system: no Windows was ever installed on it.
  bool foreign = false;

  bool known() const { return id[0] != '\0'; }
};

/// Reads the first 4 KiB, and 8 bytes at 64 KiB if these are of no file system. No content of them
/// makes it throw.
const FileSystem& probe_file_system(const ByteSource& volume);

}  // namespace goldhive
