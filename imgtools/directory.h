// A directory of the host as a target: a mounted or extracted Windows image, a config folder, a
// folder that just holds hives.
#pragma once

#include <memory>

#include "imgtools/candidate.h"

namespace goldhive {

bool is_directory(const Candidate& candidate);
std::unique_ptr<Image> open_directory(const Candidate& candidate);

}  // namespace goldhive
