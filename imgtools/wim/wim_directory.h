// A directory of an image, walked once for all the names that are looked up in it.
//
// Its entries are in no order, and real ones have thousands (System32), so a walk for each of the
// dozen names that a scan asks for would be most of the scan. What a walk went by is kept as a
// number for each name and the place of its dentry, 12 bytes an entry; it stops at the name that
// was asked for and goes on from there the next time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/wim/wim_metadata.h"

namespace goldhive {

class WimDirectory {
 public:
  /// `start` is where its entries stand in `metadata`, which must outlive this.
  WimDirectory(const WimMetadata& metadata, std::uint64_t start)
      : metadata_(metadata), start_(start), next_(start) {}

  /// The entry of exactly that name, or else, unless `exact`, the first one that has it by the case
  /// rule of NT. Throws Error(corrupt).
  std::optional<WimDentry> find(const std::string& name, bool exact);

  /// Entries that are kept.
  std::size_t size() const { return places_.size(); }

 private:
  const WimMetadata& metadata_;
  std::uint64_t start_;
  std::uint64_t next_;                 ///< where the walk goes on; 0: all of it is known
  std::vector<std::uint32_t> names_;   ///< as numbers
  std::vector<std::uint64_t> places_;  ///< of the dentries
};

}  // namespace goldhive
