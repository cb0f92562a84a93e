// Images of optical discs: Windows installation media above all.
#pragma once

#include "imgtools/candidate.h"

namespace goldhive {

bool is_iso_image(const Candidate& candidate);
std::unique_ptr<Image> open_iso_image(const Candidate& candidate);

}  // namespace goldhive
