// What a plan says of an installation: what would change, in a few words, and which rows stay.
#pragma once

#include <string>
#include <vector>

#include "src/report/report.h"
#include "src/report/text_rows.h"

namespace goldhive::report {

/// "WinHTTP native+WoW64, TLS 1.2: 4 values", of the changes of the installation. printable().
std::string describe_changes(const InstallationReport& plan);

/// Rows that a scan counts and that will count after the changes, too: no patch can settle them, or
/// --only leaves them out.
std::vector<TextRow> rows_that_stay(const InstallationReport& plan);

/// Rows of control sets that do not boot, which stay as they are but do not count any more once the
/// changes have settled those of the one that does.
std::vector<TextRow> rows_of_other_sets(const InstallationReport& plan);

}  // namespace goldhive::report
