// How reports write registry data.
#pragma once

#include <string>

#include "src/policy/finding.h"

namespace goldhive::report {

/// Numbers of the right size in lower-case hex ("0xa00"), strings as text, other data as bytes
/// ("hex:01,0a"). So a DWORD of the wrong size does not look like a right one.
std::string data_text(const policy::Edit::Data& data);

/// The full key of an edit: "HKLM\SOFTWARE\Microsoft\...".
std::string full_key(const policy::Edit& edit);

}  // namespace goldhive::report
