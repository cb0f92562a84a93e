// What several formats say of a row in the same words, and how they write it in XML and HTML.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/report/report.h"

namespace goldhive::report {

/// Which row of a check it is: "wow64", "ControlSet001 TLS 1.2 client"; "" where a check has one
/// alone. With the id it is the only one in its installation, and the same in the next run.
std::string row_name(const policy::Finding& finding);

/// "DefaultSecureProtocols: 0x80 (REG_DWORD), want 0xa00"; parts that a row lacks are left out.
std::string value_and_wish(const policy::Finding& finding);

/// The undo file that a patch of the target left for the installation; "" if it left none.
std::string undo_file_of(const TargetReport& patched, const InstallationReport& installation);

/// The edits as a diff in .reg notation, printable().
std::vector<std::string> diff_lines(const std::vector<policy::Edit>& edits);

/// printable() text that means itself in XML 1.0 and in HTML, in an attribute as between tags.
std::string markup_text(std::string_view untrusted);

}  // namespace goldhive::report
