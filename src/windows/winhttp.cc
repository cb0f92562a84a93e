// DefaultSecureProtocols: the protocols WinHTTP offers where the program names none. 64-bit
// programs read the native key, 32-bit programs on a 64-bit Windows the one below Wow6432Node;
// nothing keeps the two in step (docs/rules.md, A5, F3).
#include "src/windows/topics.h"

namespace goldhive::windows {

void read_winhttp(const Sources& sources, Installation& installation) {
  for (const View view : all_views) {
    WinHttpFacts facts;
    facts.view = view;
    facts.default_secure_protocols =
        SettingReader(sources).read(settings::default_secure_protocols, {view, 0, {}});
    const bool read = has_view(installation.os, view) != Presence::absent;
    if (read || facts.default_secure_protocols.presence == Presence::present) {
      installation.winhttp.push_back(std::move(facts));
    }
  }
}

}  // namespace goldhive::windows
