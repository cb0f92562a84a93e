// Changes of files in the images of a WIM, as edits of the WIM file: see the essay in
// wim_change.cc.
#pragma once

#include <cstdint>
#include <vector>

#include "imgtools/image.h"
#include "imgtools/wim/wim_tree.h"

namespace goldhive {

/// Edits of files of one image.
struct WimImageEdit {
  std::uint32_t image = 0;  ///< from 1
  const WimTree* tree = nullptr;
  std::vector<FileEdit> files;
};

/// Error(refused) for a WIM that must not be changed, with the reason and what to do.
std::optional<Error> refusal_of_wim(const WimContainer& wim);

/// All of `edits`, as one change. `now` is a FILETIME. Throws refusal_of_wim(), and Error(corrupt)
/// if what is to be changed is damaged.
HostChange change_wim_files(const WimContainer& wim, const std::vector<WimImageEdit>& edits,
                            std::uint64_t now);

}  // namespace goldhive
