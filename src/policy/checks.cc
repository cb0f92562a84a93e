// The list of checks, in report order. Each describes itself in its own file.
#include "src/policy/checks.h"

#include <algorithm>

namespace goldhive::policy {

namespace checks {

extern const Check servicing_level, kb3140245, default_secure_protocols, tls11_client, tls12_client,
    tls11_server, tls12_server, legacy_protocols, cipher_suite_order, tls12_algorithms, fips,
    strong_crypto, system_default_tls, wininet, ignored_settings, hive_state, volume_state;

}  // namespace checks

const std::vector<Check>& all_checks() {
  using namespace checks;
  static const std::vector<Check> list = {
      servicing_level,
      kb3140245,
      default_secure_protocols,
      tls11_client,
      tls12_client,
      tls11_server,
      tls12_server,
      legacy_protocols,
      cipher_suite_order,
      tls12_algorithms,
      fips,
      strong_crypto,
      system_default_tls,
      wininet,
      ignored_settings,
      hive_state,
      volume_state,
  };
  return list;
}

const Check* find_check(std::string_view id) {
  const auto& list = all_checks();
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const Check& c) { return c.id == id; });
  return found == list.end() ? nullptr : &*found;
}

}  // namespace goldhive::policy
