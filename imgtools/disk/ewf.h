// E01: a disk as evidence, deflated and in segments (ewf_format.h). It is read, and never written:
// what changes it would be no evidence any more.
//
// All section chains are walked when it is opened, so that a missing, swapped, short or foreign
// segment is an error by its name before anything is read. Of a table the entries are read when the
// first of its chunks is, and every chunk is compared with its checksum.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/disk/ewf_format.h"
#include "imgtools/disk/inflate.h"
#include "imgtools/disk/segments.h"
#include "imgtools/disk/virtual_disk.h"

namespace goldhive {

/// What an E01 says its disk has, as hex digits; "" where it does not.
struct EwfDigests {
  std::string md5;
  std::string sha1;
};

class EwfDisk final : public VirtualDisk {
 public:
  /// `path` is the first segment. Error(unsupported) if it is another one, naming the first.
  /// `storage` must outlive the disk.
  static std::unique_ptr<EwfDisk> open(const ReadStorage& storage, const std::string& path,
                                       const std::vector<std::string>& folders);

  std::string format() const override { return "e01"; }
  std::uint64_t size() const override { return media_.size; }
  std::uint32_t sector_size() const override { return media_.sector_size; }
  std::vector<std::string> host_files() const override { return segments_.paths(); }
  SharedBudget budget() const override { return segments_.budget(); }
  const EwfDigests& digests() const { return digests_; }
  /// The digests, as they are stored.
  std::vector<std::string> details() const override;
  /// Reads all of the disk, each chunk against its checksum, and compares its digests.
  std::vector<std::string> check() const override;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  /// The entries of a "table", for chunks that lie in one "sectors" of the same segment.
  struct Table {
    std::size_t segment = 0;
    std::uint64_t first_chunk = 0;
    std::uint64_t entries_at = 0;
    std::uint64_t copy_at = 0;  ///< of the entries in "table2"; 0: there is none
    EwfTable header;
    std::uint64_t data_begin = 0;  ///< where chunks may lie
    std::uint64_t data_end = 0;
    bool has_checksum = true;  ///< behind the entries
    mutable std::vector<std::uint32_t> entries = {};
  };
  struct Place {
    std::uint64_t begin = 0;
    std::uint64_t length = 0;
    bool deflated = false;
  };
  class Walk;

  EwfDisk(Segments segments, const std::string& path);

  void read_segments();
  std::uint64_t length_of(std::uint64_t chunk) const;
  const Table& table_of(std::uint64_t chunk) const;
  bool load(const Table& table, std::uint64_t at) const;
  void load(const Table& table) const;
  Place place_of(const Table& table, std::uint64_t chunk) const;
  const Bytes& chunk(std::uint64_t number) const;
  void unpack(std::uint64_t number, Bytes& out) const;

  Segments segments_;
  EwfMedia media_;
  EwfDigests digests_;
  std::vector<Table> tables_;
  mutable HeldBytes held_;
  mutable std::unique_ptr<Inflater> inflater_;

  struct Slot {
    std::uint64_t number = ~std::uint64_t{0};
    std::uint64_t used = 0;
    Bytes data = {};
  };
  static constexpr std::size_t most_slots = 8;
  static constexpr std::uint64_t small_chunk = 1U << 20;  ///< of larger ones, one slot
  mutable std::vector<Slot> slots_;
  mutable std::uint64_t clock_ = 0;
  mutable Bytes stored_;
};

/// The first segment of the set that the segment at `path` belongs to, by its name, if it is there.
std::optional<std::string> first_ewf_segment(const ReadStorage& storage, const std::string& path);

/// Whether a file begins as a segment of an E01, the first or another one.
bool is_ewf(const Bytes& head);

}  // namespace goldhive
