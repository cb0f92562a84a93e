// VHDX, the format of Hyper-V since Windows 8 and Server 2012. [MS-VHDX], "Virtual Hard Disk v2
// (VHDX) File Format".
//
//   | id | header | header | region table | its copy | ... | log | metadata | BAT | block | block |
//   0    64K      128K     192K           256K        1M, in any order from here on, 1 MiB aligned
//
// Two headers take turns; the valid one with the higher sequence number counts. It says where the
// log is. If the log holds entries, they must be replayed before anything else is read
// (vhdx_log.h). The region table says where the metadata (sizes, parent) and the BAT are. The BAT
// has 64 bits for each block: a state and the block's place in MiB. After each "chunk ratio" of
// these entries, one more entry stands for the sector bitmap block of those blocks: 1 MiB, a bit
// for each sector, bit 0 of byte 0 the first. Only differencing disks have bitmap blocks, and only
// for a block in the state "partially present" do they count. Checksums are CRC-32C.
//
// What is odd about it:
// - A block may have the state "zero", "unmapped" or "undefined". For the last two a reader may
//   return old data if the file still holds it; zeros are right for all three.
// - In a differencing disk only "not present" means "ask the parent"; a block in one of the three
//   states above hides the parent.
// - A parent is known by the DataWriteGuid of its current header, so any program that writes to a
//   parent cuts its children off. A child names the GUID that it wants as "parent_linkage".
// - The logical sector size, 512 or 4096, is part of the file: partition tables count in it.
#pragma once

#include "imgtools/disk/bitmap_cache.h"
#include "imgtools/disk/parent_chain.h"
#include "imgtools/disk/vhdx_format.h"
#include "imgtools/disk/virtual_disk.h"

namespace goldhive {

/// True if the file type identifier of a VHDX stands at the start.
bool is_vhdx(const ByteSource& file);

class VhdxDisk final : public MappedDisk {
 public:
  /// Opens the file and its chain of parents. Throws Error: corrupt, unsupported, not_found (a
  /// parent), refused (a parent outside of the folder of `path` and of `parent_folders`), io.
  static std::unique_ptr<VhdxDisk> open(const ReadStorage& storage, const std::string& path,
                                        const std::vector<std::string>& parent_folders = {});

  std::string format() const override { return "vhdx"; }
  std::uint64_t size() const override { return metadata_.disk_size; }
  std::uint32_t sector_size() const override { return metadata_.sector_size; }
  Extent extent_at(std::uint64_t offset) const override;

 protected:
  HostChange plan_change(const std::vector<Write>& writes) const override;  // vhdx_write.cc

 private:
  explicit VhdxDisk(std::shared_ptr<const ByteSource> source) : MappedDisk(std::move(source)) {}
  /// Reads `file` up to the header, which holds its id.
  static std::unique_ptr<VhdxDisk> open_file(std::unique_ptr<ByteSource> file);
  void open_rest(ParentChain& chain);

  void replay_log();
  void read_table();
  void check_map() const;
  void open_parent(ParentChain& chain);

  class Change;

  std::uint64_t table_index(std::uint64_t block) const {
    return block + block / metadata_.chunk_ratio();
  }
  VhdxTableEntry payload_entry(std::uint64_t block) const;
  VhdxTableEntry bitmap_entry(std::uint64_t chunk) const;
  Extent partial_extent(std::uint64_t block, std::uint64_t inside, std::uint64_t left) const;

  VhdxHeader header_;
  VhdxRegions regions_;
  VhdxMetadata metadata_;
  std::vector<std::uint64_t> table_;  ///< raw BAT entries
  mutable BitmapCache bitmaps_;
};

}  // namespace goldhive
