// A node of a folder's index: the root, which lies in the folder's MFT record, or one of the blocks
// of its $INDEX_ALLOCATION.
//
//   root                              block
//   at  0   what is indexed, u32      at  0   "INDX"
//   at  4   the order, u32            at  4   update sequence (update_sequence.h)
//   at  8   bytes of a block, u32     at 16   where the block lies, u64
//   at 16   header                    at 24   header
//
//   header: at 0 where the entries begin, u32, and at 4 where they end, both from the header on
//
//   entry: at  0   the file, as a reference      at 12   flags, u16: 1 has a child, 2 the last one
//          at  8   length of the entry, u16      at 16   the name: a copy of the file's FILE_NAME
//          at 10   length of the name, u16       last 8 bytes: where the child lies, u64
//
//   FILE_NAME: at 0 the folder, as a reference   at 64   length in characters, u8
//              at 56 flags, u32                  at 65   name space, u8
//                                                at 66   the characters
//
// The nodes are a B tree: inner nodes hold entries of their own, and the child of
// an entry has those that come before it. The last entry has no name, only perhaps a child.
//
// What is odd about it:
// - A file with a short name has two entries. The name space says which: 2 is an 8.3 name alone, 3
//   one name that is both.
// - Sizes, times and flags in an entry are copies, and may be out of date.
// - A child is given in clusters, or in units of 512 bytes where a cluster is larger than a block.
//
// Sources: Richard Russon and Yuval Fledel, "NTFS Documentation", "$INDEX_ROOT",
// "$INDEX_ALLOCATION", "$FILE_NAME"; Microsoft, [MS-FSCC] 2.6, for the flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/ntfs/mft_record.h"

namespace goldhive::ntfs {

/// A name as a FILE_NAME has it.
struct FileName {
  FileReference folder;
  std::uint32_t flags = 0;
  std::uint8_t name_space = 0;
  std::u16string name;

  bool is_short() const { return name_space == 2; }
  bool is_windows() const { return name_space == 1; }
};

/// Throws Error(corrupt).
FileName parse_file_name(const ByteView& value);

struct IndexEntry {
  FileReference file;
  std::optional<FileName> name;        ///< none in the last entry
  std::optional<std::uint64_t> child;  ///< in units of IndexRoot::unit
};

struct IndexNode {
  std::vector<IndexEntry> entries;  ///< the last one, without a name, is the last
};

struct IndexRoot {
  std::uint32_t block_size = 0;
  std::uint32_t unit = 0;  ///< bytes that a child's place counts
  IndexNode node;
};

/// Throws Error(corrupt).
IndexRoot parse_index_root(const ByteView& value, std::uint32_t cluster_size);
/// `block`: as the volume holds it; `place`: what led to it. Throws Error(corrupt).
IndexNode parse_index_block(Bytes block, std::uint64_t origin, std::string_view name,
                            std::uint64_t place);

}  // namespace goldhive::ntfs
