// The attribute list of a file that does not fit into one MFT record: it names every attribute of
// the file, or piece of one, with the record that holds it.
//
//   at 0   type, u32                      at  8   the first cluster of the piece, u64
//   at 4   length of the entry, u16       at 16   the record, as a reference
//   at 6   length of the name, u8         at 24   the attribute's id in that record, u16
//   at 7   where the name begins, u8
//
// What is odd about it: the list is an attribute of the base record itself and can have clusters of
// its own. It may name the base record, and it does name itself in none of its entries.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "$ATTRIBUTE_LIST".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/ntfs/attribute.h"
#include "imgtools/ntfs/mft_record.h"

namespace goldhive::ntfs {

struct AttributeListEntry {
  AttributeType type = AttributeType::end;
  std::u16string name;
  std::uint64_t first_cluster = 0;
  FileReference record;
  std::uint16_t id = 0;
};

/// Windows writes no longer list.
inline constexpr std::uint64_t longest_attribute_list = 256U << 10;

/// Throws Error(corrupt).
std::vector<AttributeListEntry> parse_attribute_list(const ByteView& list);

}  // namespace goldhive::ntfs
