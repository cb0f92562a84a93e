// The report: what every output format is made from. Field names and meaning follow the JSON
// contract in docs/report.md; additive changes only.
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "imgtools/error.h"
#include "src/policy/finding.h"
#include "src/windows/facts.h"

namespace goldhive::report {

/// Worse is greater: the worst part decides the whole.
enum class Status { not_applicable, compliant, findings, undetermined, error };
const char* to_string(Status s);

struct InstallationReport {
  windows::Installation facts;
  std::vector<policy::Finding> findings;
  /// plan and patch: the edits, planned or done. nullopt for scan.
  std::optional<std::vector<policy::Edit>> changes;
  std::optional<bool> changed;  ///< patch only
  Status status = Status::not_applicable;
};

struct TargetReport {
  std::string path;  ///< as given on the command line
  std::string format;
  std::vector<InstallationReport> installations;
  std::vector<std::string> notes;  ///< volumes passed over, hot journals, ...
  std::optional<Error> error;
  std::optional<std::string> undo;  ///< patch: path of the undo file
  Status status = Status::not_applicable;
};

struct Summary {
  std::uint64_t targets = 0, installations = 0, pass = 0, fail = 0, warn = 0, not_applicable = 0,
                undetermined = 0, errors = 0;
};

struct Report {
  std::string command;  ///< "scan", "plan", "patch"
  std::string policy;
  std::string tool_version;
  std::vector<TargetReport> targets;
  Status status = Status::not_applicable;
  Summary summary;
};

/// The worst of the findings. Waived findings, info rows and warnings do not count as findings.
Status status_of(const std::vector<policy::Finding>& findings);
/// Fills every status and the summary from the findings and errors.
void settle(Report& report);

struct WriteOptions {
  bool color = false;
  bool verbose = false;
};

/// One row of the table of output formats (formats.cc).
struct Format {
  std::string_view name;
  std::string_view description;
  void (*write)(const Report&, const WriteOptions&, std::ostream&);
};
const std::vector<Format>& formats();
const Format* find_format(std::string_view name);

}  // namespace goldhive::report
