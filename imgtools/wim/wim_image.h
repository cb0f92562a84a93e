// WIM files as images: one volume for each image, "@1", "@2", ...
#pragma once

#include <memory>

#include "imgtools/candidate.h"
#include "imgtools/image.h"
#include "imgtools/wim/wim_container.h"

namespace goldhive {

/// The images of a WIM, wherever it lies. `path` is its name in errors; `open_part` finds the other
/// parts of a split WIM beside it.
std::unique_ptr<Image> make_wim_image(std::shared_ptr<const ByteSource> file,
                                      const std::string& path, const OpenWimPart& open_part);

// What the rows of formats.cc call. An ESD is a WIM of the version that has solid resources.
bool is_esd_image(const Candidate& candidate);
bool is_wim_image(const Candidate& candidate);
std::unique_ptr<Image> open_wim_image(const Candidate& candidate);

/// True of a later part of a split WIM that lies beside its part 1.
bool is_later_wim_part(const Candidate& candidate);

}  // namespace goldhive
