// From what is possible to a verdict. Where it is not known which of several states a Windows is
// in, a check grades each of them (docs/rules.md, I19). And the one question about Windows itself
// that all checks of protocols share.
#pragma once

#include <vector>

#include "src/policy/finding.h"
#include "src/windows/facts.h"

namespace goldhive::policy {

/// `stricter`: TLS 1.2 is there, and someone has left TLS 1.1 out (rule I2). Hardening guides ask
/// for that (PCI DSS, STIG, CIS), so it is no fault, and no patch undoes it unless the user names
/// the check.
enum class Grade { right, stricter, wrong };

/// All right: pass. None wrong: warn. All wrong: fail. Some wrong, some not: undetermined.
Verdict verdict_of(const std::vector<Grade>& possible);

/// Whether TLS 1.1 is asked of this Windows if a policy requires it: of Windows 7, 8 and their
/// servers, which KB3140245 is about. Later ones were never affected (rules 0, I2), and there a
/// patch never adds it (I19).
bool asks_for_tls11(const windows::OsFacts& os);

}  // namespace goldhive::policy
