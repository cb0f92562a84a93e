// The bytes of one attribute, wherever they lie: in the record, in clusters, in none, compressed.
//
// A compressed attribute is cut in units of 16 clusters. A unit whose clusters are all there is
// stored as it is; one of holes is zeros; in any other the first clusters hold it, compressed
// (lznt1.h), and the holes behind them are what was saved.
//
// What is odd about it:
// - Bytes beyond the initialised size are zeros, though clusters with other bytes are there.
// - The holes of the last unit may be missing.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "Data Runs" (compressed files).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/error.h"
#include "imgtools/ntfs/content.h"
#include "imgtools/ntfs/runs.h"
#include "imgtools/ntfs/volume_bytes.h"

namespace goldhive::ntfs {

class Stream final : public Content {
 public:
  /// One whose value is in the record.
  Stream(const VolumeBytes& volume, Bytes value);
  /// One whose first piece is `first`. Throws Error(corrupt, unsupported).
  Stream(const VolumeBytes& volume, const Attribute& first, RunMap runs);

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

  /// Where the byte at `offset` lies in the volume, and how many follow it there; nullopt if what
  /// is written there would not be what is read.
  struct Place {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
  };
  std::optional<Place> place(std::uint64_t offset) const;

 private:
  std::size_t read_plain(std::uint64_t offset, std::span<std::uint8_t> out) const;
  std::size_t read_compressed(std::uint64_t offset, std::span<std::uint8_t> out) const;
  std::uint64_t clusters_there(std::uint64_t first) const;
  void load_unit(std::uint64_t unit, std::uint64_t first, std::uint64_t there) const;
  Error beyond_runs(std::uint64_t offset) const;

  const VolumeBytes& volume_;
  std::uint64_t size_;
  std::uint64_t initialised_;
  std::uint64_t origin_ = 0;  ///< of the first mapping pairs, for messages
  bool compressed_ = false;
  std::uint64_t unit_clusters_ = 0;
  Bytes value_;
  std::optional<RunMap> runs_;

  // The unit that was unpacked last.
  mutable std::uint64_t unit_ = ~std::uint64_t{0};
  mutable Bytes unpacked_;
  mutable HeldBytes held_;
};

}  // namespace goldhive::ntfs
