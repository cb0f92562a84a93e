// Archives of Windows trees, made by the programs that people use.
#pragma once

#include <string>
#include <vector>

#include "tests/conformance/run_cli.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

struct ArchiveKind {
  const char* name;     ///< unique; also the file's name
  const char* format;   ///< as goldhive reports it
  const char* tool;     ///< what must be installed
  const char* command;  ///< of a shell in the tree; "$1" is the archive
};
const std::vector<ArchiveKind>& archive_kinds();
const ArchiveKind& archive_kind(const std::string& name);

/// Packs the folder `tree` of `dir`; "" if the tool is missing.
std::string make_archive(const TempDir& dir, const std::string& tree, const ArchiveKind& kind);
std::string make_archive(const TempDir& dir, const std::string& tree, const std::string& kind);

/// Runs a shell in `folder` of `dir`, with `path` as "$1"; the test fails here if it does.
std::string shell(const TempDir& dir, const std::string& folder, const std::string& command,
                  const std::string& path = "");

/// Writes the tree of a recipe as folder `name` of `dir`.
void put_tree(const TempDir& dir, const std::string& recipe, const std::string& name);

}  // namespace goldhive::testing
