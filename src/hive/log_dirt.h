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
// What is odd about it: nothing protects the sectors, there is no checksum but that of the base
// block. A log is one set of sectors: it is applied whole or not at all.
#pragma once

#include "src/hive/edit_buffer.h"
#include "src/hive/log_file.h"

namespace goldhive::hive {

/// Looks at the whole of an old log but its data: signature, bitmap, room for every sector. Adds
/// the entry to the account; makes the log unusable, with a reason, where it is not whole.
void check_dirt_log(LogFile& log);

/// Lays the sectors of a usable log over the hive; grows it to the size the log states.
void apply_dirt_log(LogFile& log, EditBuffer& hive);

}  // namespace goldhive::hive
