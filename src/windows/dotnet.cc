// .NET Framework: whether programs of each runtime use strong protocols, and the system's choice of
// them. v2.0.50727 also serves 3.5, v4.0.30319 every 4.x; both views are read (rules D1).
#include <fmt/format.h>

#include "src/windows/topics.h"

namespace goldhive::windows {

void read_dotnet(const Sources& sources, Installation& installation) {
  if (!sources.options.dotnet) return;
  for (const View view : {View::native, View::wow64}) {
    if (view == View::wow64 && !may_have_wow64(installation.os.architecture)) continue;
    for (const char* runtime : {"v2.0.50727", "v4.0.30319"}) {
      const std::string key = in_view(view, fmt::format("Microsoft\\.NETFramework\\{}", runtime));
      DotNetFacts facts;
      facts.view = view;
      facts.runtime = runtime;
      facts.strong_crypto = sources.software.value(key, "SchUseStrongCrypto");
      facts.system_default_tls = sources.software.value(key, "SystemDefaultTlsVersions");
      installation.dotnet.push_back(std::move(facts));
    }
  }
}

}  // namespace goldhive::windows
