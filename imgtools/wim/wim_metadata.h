// The metadata resource of one image: security descriptors, and the tree of its files. It is read
// on demand: of the 13 MB of a real image, only the path that is looked up is decoded.
//
//   security data    u32 length of all of it, u32 count, u64 size of each, the descriptors; padded
//                    to 8 bytes. The root's dentry follows.
//   directory        the dentries of its entries, one behind the other; ends with a length of 0
//   dentry           0 u64 length    8 u32 attributes   12 i32 security descriptor
//                   16 u64 offset of the directory's entries    40/48/56 times
//                   64 SHA-1 of the unnamed stream      88 u64 hard link group, or reparse data
//                   96 u16 further streams   98 u16 short name's bytes   100 u16 name's bytes
//                  102 name, short name, each with 2 bytes of 0 behind it where it is not empty;
//                      padded to 8 bytes; tagged items; up to the length
//   stream           behind its dentry, padded to 8 bytes each: 0 u64 length   16 SHA-1
//                   36 u16 name's bytes   38 name
//
// What is odd about it:
// - The streams of a dentry stand behind it and are not counted in its length.
// - A file with further streams has the hash of its content in the dentry itself, or in a stream
//   without a name: WIMGAPI does the latter. Of a reparse point, the first such stream is the
//   reparse data, not the content.
// - Each name of a hard link is a dentry of its own, with the hash. The dentries of one file have
//   the same group number; group 0 means no link.
// - Some versions of ImageX wrote 0 as the length of the security data, and only 4 bytes at the end
//   of a directory.
//
// Source: as for wim_header.h.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/wim/wim_blob_table.h"

namespace goldhive {

struct WimDentry {
  static constexpr std::uint32_t directory_attribute = 0x10;
  static constexpr std::uint32_t reparse_attribute = 0x400;
  static constexpr std::uint32_t encrypted_attribute = 0x4000;

  std::uint64_t at = 0;    ///< offset in the metadata
  std::uint64_t next = 0;  ///< where the next one of the directory stands
  std::uint32_t attributes = 0;
  std::uint64_t children = 0;  ///< offset of the directory's entries; 0: none
  std::uint64_t hard_link = 0;
  std::u16string name;
  WimHash hash{};             ///< of the content; zero: no content
  std::uint64_t hash_at = 0;  ///< where those 20 bytes stand in the metadata

  bool is_reparse_point() const { return (attributes & reparse_attribute) != 0; }
  bool is_encrypted() const { return (attributes & encrypted_attribute) != 0; }
  bool is_directory() const { return (attributes & directory_attribute) != 0; }
  /// True of a directory; false of a link to one.
  bool holds_entries() const { return is_directory() && !is_reparse_point() && children != 0; }
};

class WimMetadata {
 public:
  /// Throws Error(corrupt) if there is no root.
  explicit WimMetadata(std::shared_ptr<const ByteSource> metadata);

  const WimDentry& root() const { return root_; }
  /// Calls `visit` with each entry of a directory until it returns false.
  void walk(const WimDentry& directory, const std::function<bool(const WimDentry&)>& visit) const;
  /// Reads into `out` the entry at `at` of the directory whose entries start at `start`; `before`
  /// entries come before it. False at the end. Using one `out` for a whole directory saves
  /// allocating each name.
  bool entry(std::uint64_t at, std::uint64_t start, std::size_t before, WimDentry& out) const;
  /// Calls `visit` with every dentry of the image but the root.
  void walk_all(const std::function<void(const WimDentry&)>& visit) const;

 private:
  /// False at the end of a directory.
  bool read(std::uint64_t at, WimDentry& dentry) const;
  void read_streams(WimDentry& dentry, unsigned count) const;
  /// The bytes from `at`. They are good until the next call. Throws Error(corrupt) beyond the end.
  ByteView bytes(std::uint64_t at, std::size_t length) const;

  std::shared_ptr<const ByteSource> source_;
  SharedBudget budget_;
  WimDentry root_;
  mutable Bytes window_;  // dentries are small and follow each other
  mutable std::uint64_t window_at_ = 0;
  mutable std::size_t reads_ = 0;  // dentries read so far, by all walks
};

}  // namespace goldhive
