// What a plan says of an installation: what would change, in a few words, and which rows stay.
#pragma once

#include <string>
#include <vector>

#include "src/report/report.h"
#include "src/report/text_rows.h"

namespace goldhive::report {

/// "WinHTTP native+WoW64, TLS 1.2: 4 values", of the changes of the installation. printable().
std::string describe_changes(const InstallationReport& plan);

/// Rows that a scan counts and that none of the changes settles: no patch can, or --only leaves
/// them out.
std::vector<TextRow> rows_that_stay(const InstallationReport& plan);

}  // namespace goldhive::report
