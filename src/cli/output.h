// Where results go: standard output, -o FILE, --report FORMAT=FILE.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/cli/cli.h"
#include "src/cli/flags.h"
#include "src/cli/spool.h"

namespace goldhive::cli {

/// Puts `text` at `path` as write_whole_file() does, so that a reader sees the old file or the new
/// one. Devices and pipes are written as they are.
void write_text_file(Storage& storage, const std::string& path, std::string_view text);
void write_text_file(Storage& storage, const std::string& path, const Spool& text);

/// Of reports that this program makes, and of those that it makes by `policy`.
report::Head own_head(const Host& host);
report::Head head_of(const Host& host, const policy::Policy& policy);

class Output {
 public:
  Output(Host& host, report::Command command, const OutputFlags& flags, bool verbose,
         report::Again again = {}, report::Head head = {});

  /// A file that the command reads besides its targets, which no output may take the place of.
  void add_input(const std::string& path) { inputs_.push_back(path); }
  /// The same of the policy that was chosen.
  void add_policy(const PolicyFlags& flags);
  /// A file that the command itself writes in the end, from all the targets.
  void add_file(const std::string& path) { own_files_.push_back(path); }
  /// Error(usage) where one of the files would overwrite a target, or any hive or image, or has no
  /// folder to lie in. Called with all targets, before the first is looked at.
  void guard(const std::vector<std::string>& targets) const;

  /// Writes a target that is done (and settled) in those formats that can before all are done.
  void target_done(const report::TargetReport& target);
  /// Whether finish(), or the command after it, needs the targets that target_done() has seen.
  bool needs_targets() const;
  /// Whether the text on the terminal says why a target has no verdict, so that standard error, on
  /// the same terminal, need not.
  bool tells_reasons() const { return tells_reasons_; }
  /// The format of one of the outputs that can hold the changes of one installation only; null if
  /// there is none.
  const report::Format* one_installation_format() const;
  /// Writes everything that was not written while the targets were worked on.
  void finish(const report::Report& report);
  /// Writes a comparison, of Command::compare.
  void finish(const report::Comparison& comparison);

 private:
  /// One output: a format, and the file that it goes to.
  struct Sink {
    const report::Format* format;
    std::string file;  ///< "": standard output
    report::WriteOptions options;
    std::unique_ptr<Spool> spool;                  ///< null: standard output
    std::unique_ptr<report::TargetWriter> writer;  ///< null: all targets at the end
  };
  void add_sink(const report::Format* format, const std::string& file,
                const report::WriteOptions& options);
  std::ostream& stream_of(const Sink& sink) const;

  Host& host_;
  report::Command command_;
  std::vector<Sink> sinks_;
  std::vector<std::string> own_files_;
  std::vector<std::string> inputs_;
  bool tells_reasons_ = false;
};

}  // namespace goldhive::cli
