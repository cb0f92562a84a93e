// Dirty hives and logs with every number under the test's control, wrong ones included.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "src/hive/base_block.h"
#include "src/hive/recovery.h"

namespace goldhive::hive::testing {

/// Computes the checksum of the base block anew.
void seal(Bytes& file);

/// A clean hive in one of its states: the value "n" of the key "Key" holds `number`. All states
/// have the same layout and differ in one page.
Bytes hive_state(std::uint32_t number);
/// The value "n" of "Key"; throws what the reader throws.
std::uint32_t state_of(const Hive& hive);

Bytes with_sequences(Bytes hive, std::uint32_t sequence1, std::uint32_t sequence2);
Bytes with_time(Bytes file, FileTime time);

/// The first 512 bytes of a log of `hive`.
Bytes log_head(const Bytes& hive, HiveFileType type, std::uint32_t sequence);

/// Old format, with the sectors that differ.
Bytes dirt_log(const Bytes& before, const Bytes& after, std::uint32_t sequence);

using PageReference = std::pair<std::uint32_t, std::uint32_t>;  ///< offset in the bins, size
/// An entry with right hashes for whatever it says.
Bytes hvle_entry(std::uint32_t sequence, std::uint32_t bins_size,
                 const std::vector<PageReference>& pages, const Bytes& data,
                 std::uint32_t flags = 0);
/// The entry with its hashes computed anew.
Bytes hvle_rehashed(Bytes entry);
/// An entry with the pages of `after` that differ from `before`.
Bytes hvle_entry(std::uint32_t sequence, const Bytes& before, const Bytes& after);
/// New format; the base block gets the sequence number `sequence`.
Bytes hvle_log(const Bytes& hive, std::uint32_t sequence, const std::vector<Bytes>& entries);

std::shared_ptr<const ByteSource> source(Bytes data, std::string name);

/// open_with_logs() on "HIVE", "HIVE.LOG1", "HIVE.LOG2".
OpenedHive open(const Bytes& primary, const Bytes& log1, const Bytes& log2 = {});

}  // namespace goldhive::hive::testing
