// Compares what two blob tables say of the same contents. If one entry is removed, added or changes
// its flags, other contents can move: those of a solid run are found through all resources of the
// run, so if two runs become one, the hashes of both lead to other bytes. So the writer of a table
// compares it with the old one as a whole, instead of reasoning about single entries.
#pragma once

#include <functional>
#include <vector>

#include "imgtools/wim/wim_container.h"

namespace goldhive {

struct WimTableDifference {
  std::vector<WimHash> gone;        ///< contents that only the old table knows
  std::vector<WimHash> elsewhere;   ///< contents that both know, but at different places
  std::vector<std::size_t> images;  ///< whose metadata is another, elsewhere or gone; 0: image 1
};

/// Where a resource of the old table lies now.
using WimMove = std::function<WimResource(const WimResource& old)>;

/// `moved` is asked for each resource in the file. If it is empty, all of them stay in place.
WimTableDifference compare_wim_tables(const WimBlobTable& before, const WimBlobTable& after,
                                      const WimMove& moved = {});

/// The images (from 1) that may show something else in `after` than in `before`, which is the same
/// WIM before a change. Of the contents, only metadata is read, and only if a blob is gone.
std::vector<std::uint32_t> changed_wim_images(const WimContainer& before,
                                              const WimContainer& after);

/// Reads a table that was just made, as any reader will. Throws Error(corrupt).
WimBlobTable parse_wim_table(std::span<const std::uint8_t> table, std::uint16_t part,
                             const std::string& name);

}  // namespace goldhive
