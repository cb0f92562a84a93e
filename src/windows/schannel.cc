// Schannel's switches: SCHANNEL\Protocols\<protocol>\{Client,Server}, values Enabled and
// DisabledByDefault, in every control set. One row for each protocol and side, there or not: that a
// key is absent means "the default of this Windows", which the checks know.
#include "src/windows/topics.h"

namespace goldhive::windows {

void read_schannel(const Sources& sources, Installation& installation) {
  SettingReader reader(sources);
  for (const std::uint32_t set : installation.control_sets.present) {
    for (const std::string_view protocol : schannel_protocols) {
      for (const Side side : {Side::client, Side::server}) {
        const SettingPlace place{
            View::native, set, {protocol, schannel_sides[static_cast<std::size_t>(side)]}};
        SchannelFacts facts;
        facts.control_set = set;
        facts.protocol = std::string(protocol);
        facts.side = side;
        const KeyLookup key = reader.find_key(settings::schannel_enabled, place);
        facts.enabled = value_of(key, settings::schannel_enabled.value);
        facts.disabled_by_default = value_of(key, settings::schannel_disabled_by_default.value);
        installation.schannel.push_back(std::move(facts));
      }
    }
  }
}

}  // namespace goldhive::windows
