// Registry data as reports spell it.
#pragma once

#include <string>

#include "src/policy/finding.h"

namespace goldhive::report {

/// Numbers of the right size in lower-case hex ("0xa00"), strings as text, the rest as bytes
/// ("hex:01,0a"). The type is told apart, so a DWORD of the wrong size is not mistaken for one.
std::string data_text(const policy::Edit::Data& data);

/// "HKLM\SOFTWARE\Microsoft\..." of an edit.
std::string full_key(const policy::Edit& edit);

}  // namespace goldhive::report
