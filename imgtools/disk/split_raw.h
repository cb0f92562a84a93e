// A raw disk that was cut into pieces: name.001, name.002, ... (FTK Imager, Guymager, split -d) or
// name.000, name.001, ... There is no header and no count: a piece is known by its name alone, and
// the first by the partition table or boot sector that a raw disk begins with.
//
// Since nothing tells how many pieces there are, the numbers must have no gap, and all pieces but
// the last must be as long as the first: else one is missing or was cut off. Whether the last one
// is there the partition table tells, as of any raw disk.
//
// It is read and not written: a patch of a disk in many files is not one change of one file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/disk/segments.h"
#include "imgtools/disk/virtual_disk.h"

namespace goldhive {

class SplitDisk final : public VirtualDisk {
 public:
  /// `first` as split_pieces() found it; `storage` must outlive the disk. Error(corrupt): a piece
  /// that is missing or too short, by its name.
  static std::unique_ptr<SplitDisk> open(const ReadStorage& storage, const std::string& first,
                                         const std::vector<std::string>& folders);

  std::string format() const override { return "split"; }
  std::uint64_t size() const override { return size_; }
  std::vector<std::string> host_files() const override { return segments_.paths(); }
  SharedBudget budget() const override { return segments_.budget(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  SplitDisk(Segments segments, const std::string& path);

  Segments segments_;
  std::uint64_t piece_ = 0;  ///< bytes of each but the last
  std::uint64_t size_ = 0;
};

/// The pieces of the set that `path` is one of, by their names, in order; not all need be there
/// ("" for one that is not). Empty if `path` has no name of a piece, or is the only one.
struct SplitPieces {
  std::string first;               ///< name.001 or name.000, whether it is there or not
  std::vector<std::string> paths;  ///< from the first to the last that is there
};
SplitPieces split_pieces(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive
