// .NET Framework: whether programs of each runtime use strong protocols, and the system's choice of
// them. v2.0.50727 also serves 3.5, v4.0.30319 every 4.x; both views are read (docs/rules.md, D1).
#include "src/windows/topics.h"

namespace goldhive::windows {

void read_dotnet(const Sources& sources, Installation& installation) {
  if (!sources.options.dotnet) return;
  SettingReader reader(sources);
  for (const SettingPlace& place : places_of(settings::strong_crypto, installation)) {
    DotNetFacts facts;
    facts.view = place.view;
    facts.runtime = std::string(place.names.at(0));
    facts.strong_crypto = reader.read(settings::strong_crypto, place);
    facts.system_default_tls = reader.read(settings::system_default_tls, place);
    installation.dotnet.push_back(std::move(facts));
  }
}

}  // namespace goldhive::windows
