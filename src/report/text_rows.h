// The rows of an installation as a person reads them: what one check says of several control sets
// or of both views in the same words is one row. Every text output counts these.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "src/report/report.h"
#include "src/report/text_layout.h"

namespace goldhive::report {

struct TextRow {
  std::vector<const policy::Finding*> findings;  ///< never empty; alike in all but what they are of
  const policy::Finding& first() const { return *findings.front(); }
};

/// Findings that say the same of several things are one row, in the place of the first.
std::vector<TextRow> folded(const std::vector<const policy::Finding*>& findings);
/// All of an installation, folded.
std::vector<TextRow> folded_rows(const InstallationReport& installation);

/// "32-bit view", "ControlSet001 (boots) and 002", "TLS 1.0 client": which of several things a row
/// is about. Its subject is shown only if `subject_tells` rows apart.
std::string describe_row(const TextRow& row, const windows::Installation& facts,
                         bool subject_tells);
/// Of one finding by itself.
std::string describe_row(const policy::Finding& finding, const windows::Installation& facts,
                         bool subject_tells);

/// What the row says, and whether it is waived: "not set [fail, waived: in a lab]".
std::string what_is_said(const policy::Finding& finding);

/// What stands after the id of the check: what the row is about, what it says, and whether it is
/// waived. printable().
std::string row_message(const TextRow& row, const windows::Installation& facts, bool subject_tells);

/// "3 rows of less severity than high are hidden (--severity info shows them)".
std::string describe_hidden(std::uint64_t rows, policy::Severity least);

/// How a row begins.
struct Style {
  const char* verdict;  ///< as shown; at most 4 columns
  Color color;
};
Style style_of(const policy::Finding& finding);

}  // namespace goldhive::report
