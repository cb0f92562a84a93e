// Package entries of Component Based Servicing (docs/rules.md, B9 to B11, I10, I22).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/hive/hive.h"
#include "src/windows/facts.h"

namespace goldhive::windows {

/// What the identity of an update's package says. nullopt for every other kind of package, and for
/// one that is not Microsoft's.
struct PackageIdentity {
  std::uint32_t kb = 0;   ///< 0 for Package_for_RollupFix
  bool top_level = true;  ///< false: a part of it, Package_7_for_KB... or Package_for_KB..._SP1
  Architecture architecture = Architecture::unknown;
  FileVersion version;
};
std::optional<PackageIdentity> parse_package_identity(std::string_view identity);

/// The entries below the key CBS\Packages that tell something (PackageFact), of those whose names
/// begin with `prefix`; "Package_" is all, and reads the name of every package of an update. Throws
/// Error where the key cannot be searched.
std::vector<PackageFact> list_packages(const hive::Key& packages, std::string_view prefix);

}  // namespace goldhive::windows
