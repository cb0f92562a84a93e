// WIM files for tests, made by wimlib-imagex from NTFS volumes, so that they hold what only Windows
// images hold: security descriptors, short names, attributes, named streams, hard links, reparse
// points.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace goldhive::testing {

/// A way to make a WIM, as a row of a table.
struct WimKind {
  const char* name;                  ///< for messages: "lzx"
  const char* format;                ///< ours: "wim", "esd"
  std::vector<const char*> options;  ///< of capture and append
  bool can_be_patched;
};
const std::vector<WimKind>& wim_kinds();
const WimKind& wim_kind(const std::string& name);

/// True if all tools that make WIMs are there; says which is not.
bool have_rich_wim_tools();

/// An NTFS volume with the tree of a recipe, in which every hive and some other files have a
/// security descriptor of their own, a short name, attributes, a stream, a hard link. Returns its
/// path.
std::string make_rich_volume(const TempDir& dir, const std::string& name,
                             const std::string& recipe);

/// The WIM `name` of `dir` with one image for each volume, the first of them the boot image where
/// the kind has one. Returns its path.
std::string make_rich_wim(const TempDir& dir, const std::string& name,
                          const std::vector<std::string>& volumes, const WimKind& kind);

/// `wim` in parts "<stem>.swm", "<stem>2.swm", ... of at most so many bytes (but for blobs that are
/// larger); returns their paths.
std::vector<std::string> split_wim(const TempDir& dir, const std::string& wim,
                                   const std::string& stem, std::size_t part_size);

}  // namespace goldhive::testing
