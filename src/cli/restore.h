// Where patch and undo keep the undo file, and the plan that patch is given.
#pragma once

#include <string>

#include "imgtools/undo.h"
#include "src/cli/cli.h"
#include "src/policy/plan.h"

namespace goldhive::cli {

struct UndoFlags {
  bool no_undo = false;
  std::string directory;
};
UndoOptions undo_options(const Host& host, const UndoFlags& flags);

/// How undo and recover open a target: they look for journals, not for images inside archives.
OpenOptions open_options(const Host& host, const std::string& input_format = "");

/// Reads a file that `plan -o` saved.
policy::SavedPlan load_plan_file(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive::cli
