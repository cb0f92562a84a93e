// What the text outputs share: lines, folding, colour, and one-line descriptions of things.
#pragma once

#include <cstddef>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "src/report/report.h"

namespace goldhive::report {

/// Where the width is not known.
inline constexpr std::size_t usual_width = 100;

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

  /// "FINDINGS   text": a coloured word in a column of its own.
  void status_first(std::string_view word, Color color, std::size_t column, std::string_view text);

  /// A line that is never folded.
  void plain(std::string_view text, Color color);

  /// The line of a target with an error, and the reason.
  void failed(const TargetReport& target);

  /// The line of a target of which there is nothing but notes.
  void only_notes(const TargetReport& target);

  /// The waivers of the policy that have expired or met no row.
  void waivers(const std::vector<WaiverReport>& waivers);

  /// Edits as a diff in .reg notation.
  void diff(const std::vector<policy::Edit>& edits);

  /// "text  label command". The command is never folded, since it is to be pasted: where it does
  /// not fit it has a line of its own.
  void with_command(std::string_view text, std::string_view label, std::string_view command);

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
/// "win7.goldhive-undo  2016-07-08T10:11:12Z  6 values in 2 files  12.0 KiB  can be taken back".
std::string describe_undo_file(const UndoFileReport& undo);
/// The undo files that a patch left, the path of each; of several also what each is of: "4 values
/// of farm:/a". printable().
std::vector<std::string> describe_left_undo_files(const TargetReport& patched);
/// "SOFTWARE  58.0 MiB  clean  Windows/System32/config/SOFTWARE".
std::string describe_hive(const windows::HiveFact& hive);
/// "SOFTWARE  sha256 ab12...", of each hive whose hash was asked for.
std::vector<std::string> hashes_of(const windows::Installation& facts);
std::string describe_log(const hive::LogAccount& log);

/// What the error of a target says, without the target's name in front of it.
std::string reason_of(const TargetReport& target);

/// "1 finding", "2 findings", "3 entries".
std::string counted(std::uint64_t n, std::string_view noun);

}  // namespace goldhive::report
