// What a name in a list of cipher suites is worth to TLS 1.2 on one Windows.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

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
  std::string why = {};      ///< of a doubtful one, to follow the name
  bool lacks_curve = false;  ///< worth nothing for want of _P256 and the like behind the name
};

/// `family`: windows_7 to windows_10.
NamedSuite judge_suite(std::string_view name, windows::Family family);

/// The suites that this Windows has without any list, by name: those of the tables for TLS 1.2.
std::vector<std::string> suites_of(windows::Family family);

/// The names under which Schannel switches off what a suite is made of ("AES 256/256", "SHA384",
/// "ECDH"), in the order cipher, hash, key exchange; "" for what no switch is known for.
std::array<std::string_view, 3> algorithms_of(std::string_view suite);

}  // namespace goldhive::policy
