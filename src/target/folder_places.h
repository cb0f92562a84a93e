// The Windows folders and hives in a folder of the host, before any of them is opened.
#pragma once

#include <string>
#include <vector>

#include "imgtools/host/storage.h"
#include "src/windows/find_installations.h"

namespace goldhive::target {

/// windows::find_installations() in the folder at `path`. Error where it cannot be read.
std::vector<windows::Place> places_in_folder(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive::target
