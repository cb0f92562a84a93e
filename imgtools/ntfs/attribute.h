// One attribute of an MFT record, by its header: what it is, and either its value or where its
// clusters are. Everything of a file is an attribute, its bytes too.
//
//   at  0   type, u32                    at 16   resident: length of the value, u32
//   at  4   length, u32                  at 20   resident: where the value begins, u16
//   at  8   1: not resident, u8          at 16   else: the first cluster of this piece, u64
//   at  9   length of the name, u8       at 24   else: the last one, u64
//   at 10   where the name begins, u16   at 32   else: where the mapping pairs begin, u16
//   at 12   flags, u16                   at 34   else: log2 of the clusters of a unit, u8
//   at 14   id in the record, u16        at 40   else: bytes allocated, in use, and written, u64
//   each
//
// What is odd about it:
// - An attribute that does not fit into one record is cut in pieces, which an attribute list brings
//   together (attribute_list.h). Only the first one's sizes count.
// - Bytes in use beyond those written (the initialised size) are zeros, whatever the clusters hold.
// - The last cluster of an attribute without any is -1.
//
// Sources: Richard Russon and Yuval Fledel, "NTFS Documentation", "Attributes"; Microsoft,
// [MS-FSCC] 2.4, for what the kinds mean.
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/bytes.h"

namespace goldhive::ntfs {

enum class AttributeType : std::uint32_t {
  standard_information = 0x10,
  attribute_list = 0x20,
  file_name = 0x30,
  volume_name = 0x60,
  volume_information = 0x70,
  data = 0x80,
  index_root = 0x90,
  index_allocation = 0xa0,
  reparse_point = 0xc0,
  end = 0xffffffff,
};

/// Its views are of the record that it was parsed from.
struct Attribute {
  AttributeType type = AttributeType::end;
  std::u16string name;
  std::uint16_t id = 0;
  bool compressed = false;
  bool encrypted = false;
  bool resident = true;

  ByteView value;  ///< of a resident one

  // Of one that is not resident.
  std::uint64_t first_cluster = 0;
  std::uint64_t end_cluster = 0;  ///< the one behind the last
  unsigned unit_shift = 0;        ///< log2 of the clusters of a compression unit
  std::uint64_t size = 0;         ///< below 2^63, as those below
  std::uint64_t initialised = 0;  ///< at most `size`
  ByteView mapping_pairs;         ///< to the end of the attribute
};

/// The attribute at the start of `view`, which is cut to its length. Throws Error(corrupt).
Attribute parse_attribute(const ByteView& view);

}  // namespace goldhive::ntfs
