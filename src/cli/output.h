// Where results go: standard output, -o FILE, --report FORMAT=FILE.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/cli/cli.h"
#include "src/cli/flags.h"

namespace goldhive::cli {

/// Puts `content` at `path`: a new file beside it, synced, then renamed onto it, so that a reader
/// sees the old file or the new one. Devices and pipes are written as they are.
void write_whole_file(Storage& storage, const std::string& path, std::string_view content);

/// Error(usage) where a file written to `path` would overwrite one of the targets or any hive, or
/// where its folder is not there.
void guard_output_file(const Host& host, const std::string& path,
                       const std::vector<std::string>& targets);

class Output {
 public:
  /// Checks the flags before any work is done: guard_output_file() for every file.
  Output(Host& host, const std::string& command, const OutputFlags& flags,
         const TargetFlags& targets);

  /// A target is done (and settled): formats that can show it at once do.
  void target_done(const report::TargetReport& target);
  /// Whether finish() needs the targets that target_done() has seen.
  bool needs_targets() const;
  /// Makes it so: for what a command itself does with them.
  void keep_targets() { keep_ = true; }
  /// True if one of the outputs has that format.
  bool writes(std::string_view format) const;
  /// All are done: writes everything still to be written.
  void finish(const report::Report& report);

 private:
  bool to_stdout() const { return file_.empty() || file_ == "-"; }
  report::WriteOptions file_options() const;

  Host& host_;
  const report::Format* format_;
  std::string file_;
  std::vector<std::pair<const report::Format*, std::string>> reports_;
  report::WriteOptions options_;
  bool keep_ = false;
};

}  // namespace goldhive::cli
