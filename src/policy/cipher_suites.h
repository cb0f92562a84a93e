// What a name in a list of cipher suites is worth to TLS 1.2 on one Windows.
#pragma once

#include <string_view>

#include "src/windows/facts.h"

namespace goldhive::policy {

enum class SuiteWorth {
  none,      ///< no suite of this Windows for TLS 1.2, or one that its peers do not accept
  old,       ///< from before TLS 1.2 and without ECDHE: many peers refuse it
  ecdsa,     ///< for peers with an ECDSA certificate
  rsa,       ///< for peers with an RSA certificate, which nearly all have
  doubtful,  ///< one of the above; which one cannot be told from the name
};

struct NamedSuite {
  SuiteWorth worth = SuiteWorth::none;
  std::string_view why = {};  ///< of a doubtful one, to follow the name
  bool lacks_curve = false;   ///< worth nothing for want of _P256 and the like behind the name
};

/// `family`: windows_7 to windows_10.
NamedSuite judge_suite(std::string_view name, windows::Family family);

}  // namespace goldhive::policy
