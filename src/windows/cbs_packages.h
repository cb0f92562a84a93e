// Package entries of Component Based Servicing (rules B9 to B11).
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
  std::uint32_t kb = 0;   ///< 0 for a rollup named Package_for_RollupFix
  bool top_level = true;  ///< false: a member, Package_7_for_KB...
  bool rollup_fix = false;
};
std::optional<PackageIdentity> parse_package_identity(std::string_view identity);

/// The entries of KB3140245 below the key CBS\Packages, top level first; members only if their
/// numbers begin near 1 and have no wide gap. Throws Error where the key cannot be searched.
std::vector<PackageFact> find_kb3140245(const hive::Key& packages);

/// All entries of KB3140245, and those of monthly rollups from October 2016 on. Reads every package
/// of an update, so it is only for images where no other evidence is left.
struct ListedPackages {
  std::vector<PackageFact> kb3140245;
  std::vector<PackageFact> rollups;
};
ListedPackages list_packages(const hive::Key& packages);

}  // namespace goldhive::windows
