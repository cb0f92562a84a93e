// Transaction logs of the new format, as Windows 8.1 and later write them.
//
// Layout (msuhanov/regf, "Transaction log files (new format)"): the base block of 512 bytes, then
// entries, each a multiple of 512 bytes:
//      0 "HvLE"           4 size of the entry    8 flags               12 sequence
//     16 size of the bins 20 count of pages     24 hash 1 (64 bits)    32 hash 2 (64 bits)
//     40 page references: (offset in the bins, size), 8 bytes each; then the pages, unaligned,
//        in the same order
// Hash 1 is Marvin32 of the entry from 40 to its end, hash 2 of its bytes 0 to 31 (with hash 1).
//
// What is odd about it:
//  - The first entry has the sequence number of the base block, each next one that plus one. The
//    file is never cleared: an entry with any other number, or with a wrong hash, is a remnant of
//    an earlier use and ends the log.
//  - Windows uses the two logs in turn, so .LOG2 may be older or newer than .LOG1.
//  - Nothing in the format ties a page reference to the hive: both ends are checked here.
#pragma once

#include <cstdint>
#include <optional>

#include "src/hive/edit_buffer.h"
#include "src/hive/log_file.h"

namespace goldhive::hive {

/// What the entries of one log did to a hive.
struct HvleResult {
  std::uint32_t applied = 0;    ///< entries
  std::uint32_t sequence = 0;   ///< of the last applied entry
  std::uint32_t bins_size = 0;  ///< as the last applied entry states it
  std::uint32_t flags = 0;      ///< of the last applied entry
};

/// Applies the entries of a usable log in order, up to the first that is not the next one. Throws
/// Error(corrupt) for an entry whose hashes are right but whose pages cannot be: then nothing that
/// was laid over the hive is to be trusted.
HvleResult apply_hvle_log(LogFile& log, EditBuffer& hive);

/// The latest sequence number of `from` and of the entries that follow each other from the start
/// of the log, by their headers alone.
std::uint32_t latest_hvle_sequence(const LogFile& log, std::uint32_t from);

/// The same over all that looks like an entry, remnants included: reads the whole log. Whoever
/// writes the hive needs it, so that no remnant can ever follow on the numbers written.
std::uint32_t latest_hvle_remnant(const LogFile& log, std::uint32_t from);

}  // namespace goldhive::hive
