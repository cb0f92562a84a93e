// WinINet and Internet Explorer: SecureProtocols of the machine, and of the policy that beats it
// (docs/rules.md, D3). The policy key is shared by both views, so it is read once.
#include "src/windows/topics.h"

namespace goldhive::windows {

void read_wininet(const Sources& sources, Installation& installation) {
  if (!sources.options.wininet) return;
  SettingReader reader(sources);
  installation.wininet.push_back({"machine", reader.read(settings::machine_secure_protocols)});
  installation.wininet.push_back({"policy", reader.read(settings::policy_secure_protocols)});
}

}  // namespace goldhive::windows
