// What --image asks for: images of a file with several, by number, range or name.
#pragma once

#include <string>
#include <vector>

#include "imgtools/volume.h"

namespace goldhive::target {

/// The ids of those of `volumes` that one of `wanted` names: "2", "1,3-5", a name, or "all"; in the
/// order of the volumes. Nothing where all of them are wanted. Error, which names `path`: usage for
/// what is neither a list nor a name, for what names several, and for a file without images;
/// not_found for an image that is not there.
std::vector<std::string> chosen_images(const std::vector<Volume>& volumes,
                                       const std::vector<std::string>& wanted,
                                       const std::string& path);

}  // namespace goldhive::target
