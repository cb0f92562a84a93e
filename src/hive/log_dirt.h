// Transaction logs of the old format, as Windows 2000 to 8.0 write them.
//
// Layout (msuhanov/regf, "Transaction log files (old format)"):
//     0    base block, 512 bytes
//     512  "DIRT"
//     516  bitmap: one bit for each 512-byte sector of the bins, lowest bit first, so
//          size of the bins / 4096 bytes
//     then, from the next multiple of 512: the dirty sectors, one after the other. The n-th set bit
//          is the n-th sector here; it belongs at 4096 + bit * 512 of the hive.
//
// What is odd about it: only the base block has a checksum, so nothing protects the sectors. A log
// is one set of sectors: it is applied whole or not at all.
#pragma once

#include "src/hive/edit_buffer.h"
#include "src/hive/log_file.h"

namespace goldhive::hive {

/// Checks all of an old log but its data: signature, bitmap, room for every sector. Adds the entry
/// to the account. If the log is not whole, makes it unusable, with a reason.
void check_dirt_log(LogFile& log);

/// Writes the sectors of a usable log over the hive, which grows to the size that the log states.
void apply_dirt_log(LogFile& log, EditBuffer& hive);

}  // namespace goldhive::hive
