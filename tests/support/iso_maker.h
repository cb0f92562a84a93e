// ISO images for tests, made by the real tools: genisoimage and xorriso.
#pragma once

#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace goldhive::testing {

/// A way to make an ISO, as a row of a table.
struct IsoKind {
  const char* name;         ///< for messages: "udf-bridge"
  const char* file_system;  ///< the one we must read: "udf", "joliet", "iso9660"
  std::vector<const char*> command;
};
const std::vector<IsoKind>& iso_kinds();

/// True if all tools that make ISOs are there; says which is not.
bool have_iso_tools();

/// The files of `folder` as the ISO `name` of `dir`; returns its path.
std::string make_iso(const TempDir& dir, const std::string& name, const std::string& folder,
                     const IsoKind& kind);

}  // namespace goldhive::testing
