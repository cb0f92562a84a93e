// WIMs with Windows in them, made from the recipes by wimlib-imagex.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace goldhive::testing {

/// True if wimlib-imagex is there and this build reads what it writes; says which is not.
bool have_wim_tools();

/// "<dir>/<name>" with an image for each recipe ("": one with a text file and no Windows, called
/// "data"), with an integrity table, the first image bootable, compressed with LZX unless `options`
/// of the capture say otherwise. The trees stay as "<dir>/<recipe>". Returns the path.
std::string make_wim(const TempDir& dir, const std::string& name,
                     const std::vector<std::string>& recipes,
                     const std::vector<std::string>& options = {});

}  // namespace goldhive::testing
