// The component store's record of which version of a component is in use (docs/rules.md, B12).
#pragma once

#include <string_view>
#include <vector>

#include "src/hive/hive.h"
#include "src/windows/facts.h"

namespace goldhive::windows {

/// True if the component name `found`, which may be shortened ("microsoft-w..p-driver"), can be
/// `wanted`.
bool names_component(std::string_view found, std::string_view wanted);

/// The winners of winhttp and webio below the key SideBySide\Winners, for every architecture that
/// `image` can run. Throws Error where the key cannot be searched.
std::vector<WinnerFact> find_winners(const hive::Key& winners, Architecture image);

}  // namespace goldhive::windows
