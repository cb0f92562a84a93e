#include <catch2/catch.hpp>

#include <algorithm>

#include "tests/windows/sample.h"

namespace goldhive::windows {
namespace {

SchannelFacts row(const Installation& installation, std::uint32_t set, const std::string& protocol,
                  Side side) {
  for (const SchannelFacts& facts : installation.schannel) {
    if (facts.control_set == set && facts.protocol == protocol && facts.side == side) return facts;
  }
  FAIL("no row for " << protocol);
  return {};
}

TEST_CASE("every present set has a row for each protocol and side") {
  const Installation found = Sample().facts();
  CHECK(found.schannel.size() == 2 * 10 * 2);
  const SchannelFacts ssl2 = row(found, 1, "SSL 2.0", Side::client);
  CHECK(ssl2.disabled_by_default.dword() == 1u);
  CHECK(ssl2.enabled.presence == Presence::absent);
  CHECK(ssl2.enabled.key_presence == Presence::present);
  const SchannelFacts tls12 = row(found, 2, "TLS 1.2", Side::server);
  CHECK(tls12.enabled.presence == Presence::absent);
  CHECK(tls12.enabled.key_presence == Presence::absent);
  CHECK(tls12.enabled.key ==
        "HKLM\\SYSTEM\\ControlSet002\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\"
        "Server");
}

TEST_CASE("names are matched in any case and types are kept") {
  Sample sample;
  sample.system += R"(
[-ControlSet001\Control\SecurityProviders\SCHANNEL]
[ControlSet001\Control\SecurityProviders\SChannel\protocols\tls 1.2\CLIENT]
"enabled"=dword:ffffffff
"DisabledByDefault"=qword:0
)";
  const SchannelFacts facts = row(sample.facts(), 1, "TLS 1.2", Side::client);
  CHECK(facts.enabled.dword() == 0xffffffffu);
  CHECK(facts.enabled.key ==
        "HKLM\\SYSTEM\\ControlSet001\\Control\\SecurityProviders\\SChannel\\protocols\\tls 1.2\\"
        "CLIENT");
  CHECK(facts.disabled_by_default.presence == Presence::present);
  CHECK(facts.disabled_by_default.type == hive::ValueType::qword);
}

TEST_CASE("each set is read on its own") {
  Sample sample;
  sample.system += R"(
[ControlSet002\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.1\Client]
"DisabledByDefault"=dword:0
)";
  const Installation found = sample.facts();
  CHECK(row(found, 1, "TLS 1.1", Side::client).disabled_by_default.presence == Presence::absent);
  CHECK(row(found, 2, "TLS 1.1", Side::client).disabled_by_default.dword() == 0u);
}

}  // namespace
}  // namespace goldhive::windows
