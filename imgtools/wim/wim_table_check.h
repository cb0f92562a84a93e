// What two blob tables say of the same contents. One entry that goes, comes or changes its flags
// can move other contents: those of a solid run are found through all resources of the run, so two
// runs that become one show other bytes under the hashes of both. Whoever writes a table compares
// it with the old one as a whole, and does not rely on what it knows of the entries around.
#pragma once

#include <functional>
#include <vector>

#include "imgtools/wim/wim_container.h"

namespace goldhive {

struct WimTableDifference {
  std::vector<WimHash> gone;        ///< contents that only the old table knows
  std::vector<WimHash> elsewhere;   ///< contents that both know, but not in one place
  std::vector<std::size_t> images;  ///< with other metadata, in other places or gone; 0 is image 1
};

/// Where a resource of the old table lies now.
using WimMove = std::function<WimResource(const WimResource& old)>;

/// `moved` is asked for each resource that lies in the file; empty: all of them stay.
WimTableDifference compare_wim_tables(const WimBlobTable& before, const WimBlobTable& after,
                                      const WimMove& moved = {});

/// The images (from 1) of which it is not certain that they show in `after` what they show in
/// `before`, the same WIM before a change. Of the contents only metadata is read, and that only
/// where a blob is gone.
std::vector<std::uint32_t> changed_wim_images(const WimContainer& before,
                                              const WimContainer& after);

/// A table that was just made, as a reader will see it. Throws Error(corrupt).
WimBlobTable parse_wim_table(std::span<const std::uint8_t> table, std::uint16_t part,
                             const std::string& name);

}  // namespace goldhive
