// How often metadata names a hash. It tells whether a blob may be dropped; the counts of the blob
// table do not, since they are wrong in WIMs made by Microsoft.
#pragma once

#include <cstdint>
#include <map>
#include <span>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/wim/wim_blob_table.h"

namespace goldhive {

using WimHashUses = std::map<WimHash, std::uint32_t>;

/// Adds how often each of the hashes in `uses` stands in `metadata`, at any place. If the same 20
/// bytes stand there for another reason, a blob is kept that could go; that does no other harm.
void count_wim_hash_uses(std::span<const std::uint8_t> metadata, WimHashUses& uses);
/// The same with all of a source, of which only a piece is in memory at a time.
void count_wim_hash_uses(const ByteSource& metadata, WimHashUses& uses);

}  // namespace goldhive
