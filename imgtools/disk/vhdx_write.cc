// Changing a VHDX.
//
// If the file has all the sectors to be written, two phases would do. But a header must be updated
// first: it gives the file and its contents new GUIDs, by which children and tools notice the
// change:
//
//   phase 0  the header that is not current: new GUIDs, higher number    <- becomes the current one
//   phase 1  the sectors
//   phase 2  the other header, the same content and a number higher again
//
// A new block needs an entry in the BAT, and the BAT may only be changed through the log:
//
//   phase 0  the file grows by whole blocks, their sectors; a log entry with the new BAT sectors.
//            The log is empty, so its bytes mean nothing yet.
//   phase 1  the header that is not current: new GUIDs, the log's GUID   <- the log entry counts
//   phase 2  the BAT sectors; sectors of blocks that were there already
//   phase 3  the other header: no log                                    <- the log is empty again
//
// After each phase the file is a valid VHDX: with the old content up to phase 0, with the new BAT
// (through the log) after phase 1. Other blocks are never moved.
//
// GUIDs should be random. Here they are made from the old ones and the change, so that the same
// patch gives the same bytes anywhere, and still a GUID that nothing else has.
#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/disk/crc.h"
#include "imgtools/disk/vhdx.h"

namespace goldhive {

namespace {

constexpr std::uint64_t log_sector = 4096;
constexpr std::size_t entry_header = 64;
constexpr std::size_t descriptor_size = 32;

std::uint64_t round_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }

/// A version 4 GUID, derived from a digest of what it stands for.
Guid derived_guid(const char* purpose, const Guid& old, const std::vector<Write>& writes) {
  Sha256 hash;
  hash.add(text_bytes(purpose));
  hash.add(old.bytes);
  for (const Write& write : writes) {
    Bytes place(16);
    put_u64(place, 0, write.offset);
    put_u64(place, 8, write.data.size());
    hash.add(place);
    hash.add(write.data);
  }
  const Digest digest = hash.finish();
  Guid guid;
  std::copy_n(digest.begin(), guid.bytes.size(), guid.bytes.begin());
  guid.bytes[7] = static_cast<std::uint8_t>((guid.bytes[7] & 0x0f) | 0x40);
  guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

void put_guid(Bytes& out, std::size_t at, const Guid& guid) {
  std::copy(guid.bytes.begin(), guid.bytes.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

void put_text(Bytes& out, std::size_t at, const char* text) {
  std::copy_n(text, 4, out.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

class VhdxDisk::Change {
 public:
  Change(const VhdxDisk& disk, const std::vector<Write>& writes)
      : disk_(disk),
        file_guid_(derived_guid("file", disk.header_.file_write_guid, writes)),
        data_guid_(derived_guid("data", disk.header_.data_write_guid, writes)),
        log_guid_(derived_guid("log", disk.header_.file_write_guid, writes)),
        file_size_(round_up(disk.file().size(), vhdx_megabyte)) {}

  void store(std::uint64_t host_offset, std::span<const std::uint8_t> data) {
    stored_.push_back({host_offset, Bytes(data.begin(), data.end())});
  }

  void store_in_new_block(std::uint64_t block, std::uint64_t inside,
                          std::span<const std::uint8_t> data) {
    auto it = new_blocks_.find(block);
    if (it == new_blocks_.end()) {
      it = new_blocks_.emplace(block, file_size_).first;
      file_size_ += disk_.metadata_.block_size;
    }
    fresh_.push_back({it->second + inside, Bytes(data.begin(), data.end())});
  }

  HostChange finish() const {
    HostChange change;
    if (new_blocks_.empty()) {
      add_header(change, 0, 1, Guid{});
      for (const Write& write : stored_) disk_.edit(change, 1, write.offset, write.data);
      add_header(change, 2, 2, Guid{});
      return change;
    }
    const std::map<std::uint64_t, Bytes> table = new_table_sectors();
    for (const Write& write : fresh_) disk_.edit(change, 0, write.offset, write.data);
    disk_.edit(change, 0, disk_.header_.log_offset, log_entry(table));
    change.sizes.emplace_back(disk_.name(), file_size_);
    add_header(change, 1, 1, log_guid_);
    for (const auto& [offset, data] : table) disk_.edit(change, 2, offset, data);
    for (const Write& write : stored_) disk_.edit(change, 2, write.offset, write.data);
    add_header(change, 3, 2, Guid{});
    return change;
  }

 private:
  /// Step 1 writes the slot that is not current, step 2 the other one.
  void add_header(HostChange& change, int phase, unsigned step, const Guid& log_guid) const {
    const VhdxHeader& old = disk_.header_;
    const int slot = step % 2 == 1 ? 1 - old.slot : old.slot;
    Bytes data = disk_.file().read(VhdxHeader::offsets[old.slot], VhdxHeader::length_on_disk);
    put_u64(data, 8, old.sequence + step);
    put_guid(data, 16, file_guid_);
    put_guid(data, 32, data_guid_);
    put_guid(data, 48, log_guid);
    put_u16(data, 64, 0);
    put_u32(data, 4, crc32c_without_field(data, 4));
    disk_.edit(change, phase, VhdxHeader::offsets[slot], data);
  }

  /// The 4 KiB sectors of the file that hold the entries of new blocks, as they will be.
  std::map<std::uint64_t, Bytes> new_table_sectors() const {
    std::map<std::uint64_t, Bytes> sectors;
    for (const auto& [block, offset] : new_blocks_) {
      const std::uint64_t at = disk_.regions_.table.offset + disk_.table_index(block) * 8;
      const std::uint64_t start = at / log_sector * log_sector;
      auto it = sectors.find(start);
      if (it == sectors.end()) {
        it = sectors.emplace(start, disk_.file().read(start, log_sector)).first;
      }
      put_u64(it->second, static_cast<std::size_t>(at - start),
              offset | VhdxTableEntry::fully_present);
    }
    return sectors;
  }

  Bytes log_entry(const std::map<std::uint64_t, Bytes>& sectors) const {
    const std::uint64_t start =
        round_up(entry_header + sectors.size() * descriptor_size, log_sector);
    Bytes entry(static_cast<std::size_t>(start + sectors.size() * log_sector));
    if (entry.size() > disk_.header_.log_length) {
      throw Error(ErrorKind::refused, "has a log too short for this change", disk_.name());
    }
    constexpr std::uint64_t number = 1;  // the first entry under a new log GUID has number 1
    put_text(entry, 0, "loge");
    put_u32(entry, 8, static_cast<std::uint32_t>(entry.size()));
    put_u64(entry, 16, number);
    put_u32(entry, 24, static_cast<std::uint32_t>(sectors.size()));
    put_guid(entry, 32, log_guid_);
    put_u64(entry, 48, file_size_);
    put_u64(entry, 56, file_size_);
    std::size_t descriptor = entry_header;
    auto at = static_cast<std::size_t>(start);
    for (const auto& [offset, data] : sectors) {
      const ByteView view(data, 0, disk_.name());
      put_text(entry, descriptor, "desc");
      put_u32(entry, descriptor + 4, view.u32(log_sector - 4));
      put_u64(entry, descriptor + 8, view.u64(0));
      put_u64(entry, descriptor + 16, offset);
      put_u64(entry, descriptor + 24, number);
      std::copy(data.begin(), data.end(), entry.begin() + static_cast<std::ptrdiff_t>(at));
      put_text(entry, at, "data");
      put_u32(entry, at + 4, static_cast<std::uint32_t>(number >> 32));
      put_u32(entry, at + log_sector - 4, static_cast<std::uint32_t>(number));
      descriptor += descriptor_size;
      at += log_sector;
    }
    put_u32(entry, 4, crc32c_without_field(entry, 4));
    return entry;
  }

  const VhdxDisk& disk_;
  Guid file_guid_;
  Guid data_guid_;
  Guid log_guid_;
  std::uint64_t file_size_;                            ///< with the new blocks
  std::vector<Write> stored_;                          ///< file offsets, in blocks that are there
  std::vector<Write> fresh_;                           ///< file offsets, in new blocks
  std::map<std::uint64_t, std::uint64_t> new_blocks_;  ///< block -> file offset
};

HostChange VhdxDisk::plan_change(const std::vector<Write>& writes) const {
  constexpr std::uint64_t headers_written = 2;
  if (header_.sequence > UINT64_MAX - headers_written) {
    throw Error(ErrorKind::refused,
                fmt::format("has headers with the sequence number {}, after which a new one would "
                            "count as old: convert the disk (qemu-img convert -O vhdx)",
                            header_.sequence),
                name());
  }
  Change change(*this, writes);
  for_each_piece(writes, [&](const Extent& extent, std::uint64_t offset,
                             std::span<const std::uint8_t> data) {
    if (extent.kind == Extent::Kind::stored) {
      change.store(extent.host_offset, data);
      return;
    }
    if (parent() != nullptr) {
      throw Error(ErrorKind::refused,
                  "is a differencing VHDX, and what is to be changed lies in its parent: merge "
                  "the two first",
                  name());
    }
    change.store_in_new_block(offset / metadata_.block_size, offset % metadata_.block_size, data);
  });
  return change.finish();
}

}  // namespace goldhive
