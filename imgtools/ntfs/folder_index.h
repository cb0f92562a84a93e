// A folder by its index of names, $I30: looking a name up and listing all.
//
// What is odd about it:
// - The order is that of the volume's own $UpCase. Names that differ in case only can stand beside
//   each other, in an order that depends on who wrote them.
// - Nothing keeps a node from being the child of two, or of itself; here a walk meets each node
// once.
// - A name out of order would be found by a listing and by no look-up, so it is an error.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "Index" and "Directory".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "imgtools/ntfs/file_record.h"
#include "imgtools/ntfs/index_node.h"
#include "imgtools/ntfs/upcase.h"

namespace goldhive::ntfs {

/// Not thread-safe, as the volume.
class FolderIndex {
 public:
  /// `volume` and `upcase` must outlive this. Throws Error(corrupt).
  FolderIndex(const VolumeBytes& volume, const Upcase& upcase, const FileRecord& folder);

  /// The entry of `name`: the exact one, else one that differs in case. Throws Error.
  std::optional<IndexEntry> look_up(std::u16string_view name) const;

  /// All entries that equal `name` but for case. Throws Error.
  std::vector<IndexEntry> look_up_all(std::u16string_view name) const;

  /// Calls `take` with each entry that has a name, in order. Throws Error.
  void each(const std::function<void(const IndexEntry&)>& take) const;

 private:
  class Walk;

  const VolumeBytes& volume_;
  const Upcase& upcase_;
  IndexRoot root_;
  std::unique_ptr<Stream> blocks_;  ///< null of a folder that fits into its root
  mutable std::map<std::uint64_t, std::shared_ptr<const IndexNode>> nodes_;  ///< by their place
};

}  // namespace goldhive::ntfs
