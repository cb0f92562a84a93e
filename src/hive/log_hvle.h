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
// - The first entry has the sequence number of the base block, and each next entry that number plus
//   one. The file is never cleared: an entry with any other number, or with a wrong hash, is a
//   remnant of an earlier use and ends the log.
// - Windows uses the two logs in turn, so .LOG2 may be older or newer than .LOG1.
// - The format does not keep a page reference inside the hive: both its ends are checked here.
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

/// Applies the entries of a usable log in order, up to the first one with a wrong number or hash.
/// Throws Error(corrupt) for an entry with valid hashes and impossible pages: then all that was
/// written over the hive is doubtful.
HvleResult apply_hvle_log(LogFile& log, EditBuffer& hive);

/// The latest of `from` and the sequence numbers of the entries that follow each other from the
/// start of the log, by their headers alone.
std::uint32_t latest_hvle_sequence(const LogFile& log, std::uint32_t from);

/// The same over everything that looks like an entry, remnants included; reads the whole log. A
/// writer of the hive needs it, so that the numbers it writes never lead on to a remnant.
std::uint32_t latest_hvle_remnant(const LogFile& log, std::uint32_t from);

}  // namespace goldhive::hive
