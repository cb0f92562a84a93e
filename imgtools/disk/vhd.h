// VHD, the format of Virtual PC, Virtual Server, Hyper-V up to 2008 R2, Windows 7's disk management
// and Windows backup. Microsoft, "Virtual Hard Disk Image Format Specification" 1.0, 2006.
//
//   fixed:    | the disk's bytes ...                                             | footer |
//   dynamic:  | copy of footer | dynamic header | BAT | block | block | ...      | footer |
//   block:    | sector bitmap, padded to 512 bytes | 2 MiB of the disk |
//
// Numbers are big-endian. The BAT (block allocation table) holds for each block of the disk the
// number of the 512-byte sector of the file where the block's bitmap starts, or all ones if the
// block is absent. Bit 7 of byte 0 of a bitmap is the first sector. On a dynamic disk a sector
// whose bit is 0 was never written and reads as zeros. A differencing disk is a dynamic disk with a
// parent: an absent block, and a sector whose bit is 0, is read from the parent.
//
// What is odd about it:
// - The footer counts, not its copy; the copy is for a file whose end was lost. Files made before
//   2004 have a footer of 511 bytes.
// - A fixed VHD is a raw image with 512 more bytes: programs that look at its start see a raw
//   image.
// - The size is the footer's "current size". The geometry (C/H/S) beside it is a rounded value;
//   programs that trust it see a disk of another length.
// - A child records its parent's id and the time stamp of the parent's footer, which changes when
//   the parent is written to. If either differs, child and parent are of two different states of
//   the disk, and Windows refuses the chain (ERROR_VHD_CHILD_PARENT_ID_MISMATCH,
//   ..._TIMESTAMP_MISMATCH). Programs that took the stamp from the file of the parent (Virtual PC,
//   Xen) made chains that are refused here too: a verdict on such a chain would be a guess.
// - Other readers open a differencing disk without its parent, or ignore the bits, and hand out
//   zeros. Here a missing or a wrong parent is always an error.
#pragma once

#include "imgtools/disk/bitmap_cache.h"
#include "imgtools/disk/parent_chain.h"
#include "imgtools/disk/vhd_format.h"
#include "imgtools/disk/virtual_disk.h"

namespace goldhive {

/// True if the cookie of a footer stands where a footer can be: then the file is a VHD, broken or
/// not.
bool is_vhd(const ByteSource& file);

class VhdDisk final : public MappedDisk {
 public:
  /// Opens the file and its chain of parents. Throws Error: corrupt, unsupported, not_found (a
  /// parent), refused (a parent outside of the folder of `path` and of `parent_folders`), io.
  static std::unique_ptr<VhdDisk> open(const ReadStorage& storage, const std::string& path,
                                       const std::vector<std::string>& parent_folders = {});

  std::string format() const override { return "vhd"; }
  std::uint64_t size() const override { return footer_.disk_size; }
  std::uint32_t sector_size() const override { return 512; }
  Extent extent_at(std::uint64_t offset) const override;

 protected:
  HostChange plan_change(const std::vector<Write>& writes) const override;  // vhd_write.cc

 private:
  static constexpr std::uint32_t absent_block = 0xffffffff;

  explicit VhdDisk(std::shared_ptr<const ByteSource> source) : MappedDisk(std::move(source)) {}
  /// Reads `file` up to the footer, which holds its id.
  static std::unique_ptr<VhdDisk> open_file(std::unique_ptr<ByteSource> file);
  void open_rest(ParentChain& chain);

  void read_footer();
  void read_table();
  void check_map() const;
  void open_parent(ParentChain& chain);

  class Allocation;

  const Bytes& bitmap_of(std::uint64_t block) const;
  std::uint64_t bitmap_size() const;  ///< bytes before each block's data, a multiple of 512
  Extent::Kind absent_kind() const {
    return parent() != nullptr ? Extent::Kind::parent : Extent::Kind::zeros;
  }

  VhdFooter footer_;
  std::uint64_t footer_offset_ = 0;  ///< of the footer at the end, or where it should be
  VhdDynamicHeader header_;
  std::vector<std::uint32_t> table_;  ///< for each block its sector in the file, or absent_block
  mutable BitmapCache bitmaps_;
};

}  // namespace goldhive
