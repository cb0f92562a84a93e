// The GUID partition table. partitions.h describes it.
#pragma once

#include <optional>

#include "imgtools/disk/partitions.h"

namespace goldhive {

/// The table whose header is in sector 1; nullopt if there is no valid header for that sector size.
std::optional<PartitionTable> read_gpt(const ByteSource& disk, std::uint32_t sector_size);
/// The same from the copy in the last sector.
std::optional<PartitionTable> read_backup_gpt(const ByteSource& disk, std::uint32_t sector_size);

}  // namespace goldhive
