// The report: what every output format is made from. Field names and meaning follow the JSON
// contract in docs/report.md; additive changes only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/shell_words.h"
#include "src/hive/checker.h"
#include "src/policy/finding.h"
#include "src/policy/policy.h"
#include "src/windows/facts.h"

namespace goldhive::report {

/// The command whose report it is.
enum class Command { scan, list, plan, patch, undo, recover, verify, compare };
/// Its name, on the command line and in the reports.
const char* to_string(Command command);

/// In ascending order: the worst part of a report decides the whole.
enum class Status { not_applicable, compliant, findings, undetermined, error };
const char* to_string(Status s);

struct InstallationReport {
  windows::Installation facts;
  std::vector<policy::Finding> findings;
  /// plan and patch: the edits, planned or done. nullopt for scan.
  std::optional<std::vector<policy::Edit>> changes;
  std::optional<bool> changed;  ///< patch only
  /// plan: what the installation would be after its changes, where there are any.
  std::optional<Status> planned = std::nullopt;
  /// scan, plan: why a patch would refuse whatever it is to change there. patch: why it changed
  /// nothing.
  std::optional<Error> refusal = std::nullopt;
  Status status = Status::not_applicable;

  /// True of changes that a patch would refuse to make, or did.
  bool planned_in_vain() const {
    return refusal && !changed.value_or(false) && changes && !changes->empty();
  }
};

/// The structural check of one hive file; what `verify` reports.
struct HiveCheckReport {
  std::string id;  ///< that of the installation, or of the target if the hive stands alone
  std::string path;
  bool stands_alone = false;  ///< the hive is the target, not one of an installation
  std::uint64_t size = 0;     ///< bytes
  hive::HiveState state = hive::HiveState::damaged;
  std::string reason;        ///< why dirty or damaged
  hive::CheckResult result;  ///< of the hive after recovery, if there was one
  std::optional<std::string> sha256 = std::nullopt;  ///< of the file as found, if asked for
};

/// A file system of the target, whether Windows is on it or not; what `list` shows.
struct VolumeReport {
  std::string name;              ///< its name as a target: "disk.vhd:p2"
  std::string id;                ///< as in Volume::id: "", "@2", ":p2"
  std::string label;             ///< may be empty
  std::string file_system;       ///< "ntfs", "wim", ""
  std::uint64_t size = 0;        ///< bytes, 0 where it has no meaning
  std::string passed_over;       ///< why it was not read; "" if it was
  std::string description = {};  ///< of an image of a WIM: "Professional, x64, 6.1.7601"
  bool foreign = false;          ///< as Volume::foreign
};

/// What the folders around an image say of the Windows backup that it is part of.
struct BackupReport {
  std::string machine;
  std::string time;  ///< "2016-07-08 101112", as the folder's name has it
};

/// Whether an undo file can be taken back.
enum class UndoState {
  not_compared,
  fits,      ///< the target is exactly as the patch left it
  in_turn,   ///< after newer ones, which fit
  done,      ///< the target has the old bytes already
  no_match,  ///< the target was changed since, or is another one
  unknown,   ///< nothing could be compared
};
const char* to_string(UndoState state);

/// What a patch left so that it can be taken back.
struct UndoFileReport {
  std::string path;
  std::uint64_t size = 0;   ///< bytes, with the old file that belongs to it
  hive::FileTime made = 0;  ///< 0: older versions did not note it
  std::string tool;         ///< "goldhive 0.2.0"
  /// Ids of those that the patch changed. In the report of a patch itself: with this undo file.
  std::vector<std::string> installations;
  std::uint64_t values = 0;        ///< whose old state it keeps; 0: none, or not noted
  std::vector<std::string> files;  ///< that an undo writes
  UndoState state = UndoState::not_compared;
  std::optional<Error> error = std::nullopt;  ///< why it is not believed, or not readable
};

/// What undo and recover did to a target.
struct RestoreReport {
  struct File {
    std::string path;
    bool changed;  ///< false: the file already had its old bytes
  };
  struct Failure {
    std::string path;
    Error error;
  };
  std::vector<File> files;            ///< undo only: those of the patch that was taken back
  std::vector<std::string> journals;  ///< of patches that were cut off, rolled back
  std::vector<std::string> removed;   ///< journals, undo files and leftovers that are gone now
  std::vector<Failure> failures;      ///< what could not be put back
  /// undo only: it was found in a folder and has no undo file, so there was nothing to do.
  bool no_undo_file = false;
  /// Nothing was done: it is what would be.
  bool dry_run = false;
};

/// What the end of a run left of a target.
enum class Interruption {
  not_begun,
  cut_short,  ///< nothing is half written, but not all of it was done
};
const char* to_string(Interruption interruption);

struct TargetReport {
  std::string path;    ///< as given on the command line
  std::string format;  ///< "" if it could not be opened
  std::vector<VolumeReport> volumes;
  std::vector<InstallationReport> installations;
  std::optional<std::vector<HiveCheckReport>> hive_checks;  ///< verify only
  std::optional<RestoreReport> restore;                     ///< undo and recover only
  std::vector<std::string> notes;    ///< volumes passed over, hot journals, ...
  std::vector<std::string> details;  ///< of its format, that no verdict rests on
  std::optional<Error> error;
  std::optional<Interruption> interrupted;  ///< by the user; `error` then says so
  /// patch: those that it left; list, and undo that only shows: those of all patches. The newest
  /// first.
  std::vector<UndoFileReport> undo_files = {};
  std::optional<BackupReport> backup;
  Status status = Status::not_applicable;
};

/// Rows by verdict. A waived row counts as `waived` only.
struct Summary {
  std::uint64_t targets = 0, installations = 0, pass = 0, fail = 0, warn = 0, not_applicable = 0,
                undetermined = 0, waived = 0, errors = 0;
  std::uint64_t passed_over = 0;  ///< files in folders that are no images
  std::uint64_t not_begun = 0;    ///< targets left when the user ended the run; no errors
};

/// A waiver of the policy, and what became of it in a run.
struct WaiverReport {
  policy::Waiver waiver;
  bool expired = false;    ///< accepts nothing any more
  std::uint64_t rows = 0;  ///< that it accepts, or would if it had not expired
};

/// What is known of a report before its first target, and must be alike in reports that are put
/// together or compared.
struct Head {
  std::string tool_version;
  std::string policy;         ///< its name; "" if none was applied
  std::string policy_sha256;  ///< of its text, in hex
  std::string config = {};    ///< the configuration file that was in effect; "" if there was none
  std::string config_sha256 = {};
};

/// Of json and jsonl. 2: jsonl has a first and a last line.
inline constexpr int report_schema = 2;

struct Report {
  Command command = Command::scan;
  Head head;
  std::vector<WaiverReport> waivers;  ///< of the policy, all of them
  /// Without targets that were written one by one, if nothing needs them any more.
  std::vector<TargetReport> targets;
  Status status = Status::not_applicable;
  Summary summary;
  /// Of the rows that count as findings, in a plan of those that its changes settle, and of changes
  /// at least `low`; nullopt if there are none.
  std::optional<policy::Severity> worst_finding = std::nullopt;
  bool interrupted = false;  ///< by the user, before all targets were done
};

/// The worst status of the findings. Waived findings, info rows and warnings do not count as
/// findings. An undetermined row does not count either if it is of severity info or waived.
Status status_of(const std::vector<policy::Finding>& findings);
/// True of a row that gives its installation the status `findings`.
bool counts_as_finding(const policy::Finding& finding);
/// True of that and of a row that makes it `undetermined`: there is something to do.
bool leaves_open(const policy::Finding& finding);
/// Whether some of the changes are what a plan has for the row.
bool is_settled_by(const std::vector<policy::Edit>& changes, const policy::Finding& finding);
/// Fills the status of one target and of its installations, from findings, errors and hive checks.
/// In a plan (changes without `changed`) the changes count instead of the failing rows: the status
/// is `findings` if there are any; else a patch has nothing left to do.
void settle(TargetReport& target);
/// The policy's name and waivers.
void set_policy(const policy::Policy& policy, std::string_view today, Report& report);
/// Adds a settled target to the status and the summary of the report, not to its targets.
void count(const TargetReport& target, Report& report);
/// settle() and count() for every target, from the start.
void settle(Report& report);

/// What a next command needs to mean the same as the present one.
struct Again {
  std::vector<std::string> flags;       ///< of plan and patch: "--policy", "tls12-only"
  std::vector<std::string> undo_flags;  ///< of undo
  std::vector<std::string> targets;     ///< as the user gave them
  /// What was given is not known, as of a report that was read: neither the policy, by more than
  /// its name, nor the options.
  bool unknown = false;
};

struct WriteOptions {
  bool color = false;
  bool verbose = false;
  /// Columns to fold long lines at; 0: never fold (files and pipes, where a line is a record).
  unsigned width = 0;
  Again again = {};
  /// The one that next commands are for.
  Shell shell = Shell::posix;
  /// Of several installations show each as one alone is shown, not in a table.
  bool all = false;
  /// Of any number show the counts and what to do.
  bool summary_only = false;
  /// Rows of less severity are hidden, and said to be, in what people read (text, Markdown). Counts
  /// and statuses are of all rows.
  policy::Severity least = policy::Severity::info;
  /// Not even the rows of one alone.
  bool only_counts() const { return summary_only && !all && !verbose; }
  /// For formats that say it before the first target is done.
  Head head = {};
};

/// Writes a report while it is being made, so that nobody has to keep the targets.
class TargetWriter {
 public:
  TargetWriter() = default;
  virtual ~TargetWriter() = default;
  TargetWriter(const TargetWriter&) = delete;
  TargetWriter& operator=(const TargetWriter&) = delete;

  /// Writes a (settled) target as soon as it is done.
  virtual void target(const TargetReport& target) = 0;
  /// Writes what follows the last target. The targets of `report` are not looked at.
  virtual void finish(const Report& report) = 0;
};
using MakeWriter = std::unique_ptr<TargetWriter> (*)(Command, const WriteOptions&, std::ostream&);

struct Comparison;  // compare.h

/// One row of the table of output formats (formats.cc).
struct Format {
  std::string_view name;
  std::string_view description;
  void (*write)(const Report&, const WriteOptions&, std::ostream&);
  /// For formats in which the targets come one after the other: what writes the same as `write`,
  /// target by target. Null otherwise.
  MakeWriter make_writer = nullptr;
  /// What writes a comparison; null if the format is not for that.
  void (*write_comparison)(const Comparison&, const WriteOptions&, std::ostream&) = nullptr;
  /// Whose reports it can show, besides comparisons; empty: those of any command.
  std::vector<Command> commands = {};
  /// The file does not name its installation, so it can hold the changes of one only.
  bool one_installation = false;

  bool is_for(Command wanted) const {
    if (wanted == Command::compare) return write_comparison != nullptr;
    return commands.empty() ||
           std::find(commands.begin(), commands.end(), wanted) != commands.end();
  }
};
const std::vector<Format>& formats();
/// Null if there is no format of that name, or if it is not for that command.
const Format* find_format(std::string_view name, Command command);

}  // namespace goldhive::report
