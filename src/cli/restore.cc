#include "src/cli/undo_flags.h"

#include "src/cli/text_file.h"

namespace goldhive::cli {
namespace {

constexpr std::uint64_t plan_size_limit = 64 << 20;

}  // namespace

UndoOptions undo_options(const Host& host, const UndoFlags& flags) {
  UndoOptions options;
  options.keep = !flags.no_undo;
  options.directory = flags.directory;
  options.fallback_dir = host.places.state;
  return options;
}

OpenOptions open_options(const Host& host, const std::string& input_format) {
  OpenOptions options;
  options.scratch_directory = host.places.scratch;
  options.input_format = input_format;
  options.depth = 0;
  options.max_unpacked = UINT64_MAX;
  return options;
}

policy::SavedPlan load_plan_file(const ReadStorage& storage, const std::string& path) {
  return policy::load_plan(read_text_file(storage, path, plan_size_limit, "a plan"), path);
}

}  // namespace goldhive::cli
