// Disks with a Windows on them, from the recipes, and the command line to run on them.
#pragma once

#include <string>
#include <vector>

#include "fixtures/recipe.h"
#include "tests/conformance/run_cli.h"
#include "tests/support/disk_maker.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

inline constexpr std::uint64_t mib = 1 << 20;

/// The files of a recipe, for a volume.
inline std::vector<fixtures::NtfsFile> files_of(const std::string& recipe) {
  std::vector<fixtures::NtfsFile> files;
  for (const auto& [path, data] : fixtures::load_recipe(recipe).files)
    files.push_back({path, data});
  return files;
}

/// A raw disk: System Reserved first (but on a bare one), then the Windows of `recipe`.
inline std::string make_windows_disk(const TempDir& dir, const std::string& name, Layout layout,
                                     const std::string& recipe) {
  const std::string windows = make_ntfs(dir, name + ".windows", 16 * mib, files_of(recipe));
  if (layout == Layout::bare) return make_raw_disk(dir, name, layout, {windows});
  const std::string boot = make_ntfs(dir, name + ".boot", 4 * mib, {{"bootmgr", Bytes(9, 'b')}},
                                     {"-L", "System Reserved"});
  return make_raw_disk(dir, name, layout, {boot, windows});
}

/// ":p2", or "" on a bare disk: what follows the path in the id of the installation.
inline std::string windows_id(Layout layout) { return layout == Layout::bare ? "" : ":p2"; }

}  // namespace goldhive::testing
