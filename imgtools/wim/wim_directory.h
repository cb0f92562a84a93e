// A directory of an image, walked once for all the names that are looked up in it.
//
// The entries of a directory are in no order, and a real one has thousands (System32). A scan asks
// for a dozen names, and a walk for each of them would take most of its time. So a walk keeps a
// number for each name and the place of its dentry, 12 bytes an entry. It stops at the name that
// was asked for, and the next search goes on from there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/wim/wim_metadata.h"

namespace goldhive {

class WimDirectory {
 public:
  /// `start` is where the entries stand in `metadata`, which must outlive this object.
  WimDirectory(const WimMetadata& metadata, std::uint64_t start)
      : metadata_(metadata), start_(start), next_(start) {}

  /// The entry with exactly that name. Else, unless `exact`, the first whose name is equal by the
  /// case rule of NT. Throws Error(corrupt).
  std::optional<WimDentry> find(const std::string& name, bool exact);

  /// What an entry that is kept takes; twice that while there is room for more.
  static constexpr std::size_t entry_bytes = 2 * (sizeof(std::uint32_t) + sizeof(std::uint64_t));
  /// Entries that are kept.
  std::size_t size() const { return places_.size(); }

 private:
  const WimMetadata& metadata_;
  std::uint64_t start_;
  std::uint64_t next_;                 ///< where the walk goes on; 0: it is complete
  std::vector<std::uint32_t> names_;   ///< the numbers of the names
  std::vector<std::uint64_t> places_;  ///< where the dentries stand
};

}  // namespace goldhive
