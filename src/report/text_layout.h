// What the text outputs share: lines, folding, colour, and one-line descriptions of things.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "src/report/report.h"

namespace goldhive::report {

enum class Color { none, red, green, yellow, dim, bold };

/// Writes lines. All text given to it is printable() already; escape codes come from here only.
class Lines {
 public:
  Lines(std::ostream& out, const WriteOptions& options) : out_(out), options_(options) {}

  /// "left  middle            RIGHT", with `right` ending at the right edge. If the rest is too
  /// long, `right` gets a line of its own.
  void right_aligned(std::string_view left, std::string_view middle, std::string_view right,
                     Color right_color);

  /// "  fail  id        message      severity".
  void row(std::string_view verdict, Color color, std::string_view id, std::size_t id_width,
           std::string_view message, std::string_view severity);

  /// A line that is never folded.
  void plain(std::string_view text, Color color);

  /// The line of a target with an error, and the reason where nobody has said it yet.
  void failed(const TargetReport& target);

  /// The line of a target of which there is nothing but notes.
  void only_notes(const TargetReport& target);

  /// The waivers of the policy that have expired or met no row.
  void waivers(const std::vector<WaiverReport>& waivers);

  /// Edits as a diff in .reg notation.
  void diff(const std::vector<policy::Edit>& edits);

  /// `first` and `text`, folded at the width; all lines but the first start with `hang` spaces.
  void folded(std::string_view first, std::size_t hang, std::string_view text);

 private:
  std::size_t edge() const;
  std::string painted(std::string_view text, Color color) const;

  std::ostream& out_;
  WriteOptions options_;
};

/// "Windows 7 Professional SP1 x64 (7601)". Parts that are not known are left out or called
/// unknown.
std::string describe_system(const windows::Installation& facts);

/// "Windows backup of PC7, 2016-07-08 101112".
std::string describe_backup(const BackupReport& backup);
/// "32-bit view", "ControlSet001 (boots)", "TLS 1.0 client": which of several things a row is
/// about. Its subject is shown only if `subject_tells` rows apart.
std::string describe_row(const policy::Finding& finding, const windows::Installation& facts,
                         bool subject_tells);
/// "SOFTWARE  58.0 MiB  clean  Windows/System32/config/SOFTWARE".
std::string describe_hive(const windows::HiveFact& hive);
std::string describe_log(const hive::LogAccount& log);

/// Adds the names by which a command reaches `chosen`, installations of `target`: that of the
/// target where it is one transaction for all of them, and none in it would be refused.
void add_names(const TargetReport& target, const std::vector<const InstallationReport*>& chosen,
               std::vector<std::string>& names);

/// "goldhive plan --policy p a b", with the flags to repeat; names only the first few targets.
std::string command_for(std::string_view command, const WriteOptions& options,
                        const std::vector<std::string>& targets);

/// Whether the text has to say what the error of a target is: stderr may have told it on the same
/// terminal, but it does not name targets that were not begun.
bool reason_wanted(const TargetReport& target, const WriteOptions& options);

/// "1 finding", "2 findings", "3 entries".
std::string counted(std::uint64_t n, std::string_view noun);

/// `text` as a POSIX shell reads it back; without quotes if none are needed.
std::string shell_quoted(const std::string& text);

}  // namespace goldhive::report
