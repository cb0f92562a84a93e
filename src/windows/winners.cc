// SOFTWARE Microsoft\Windows\CurrentVersion\SideBySide\Winners holds a key for each component,
//
//   amd64_microsoft-windows-winhttp_31bf3856ad364e35_none_<hash>     default value "6.1"
//     6.1                                                            default value "6.1.7601.17514"
//
// The default value names the line that wins, the subkey of that name the version. The 32-bit
// component of a 64-bit Windows begins with x86 or wow64. Long names are shortened in the middle,
// with two dots. Source: BatUtil (WHD-W7UI.cmd), which reads it offline.
#include "src/windows/winners.h"

#include <fmt/format.h>

#include <array>

#include "imgtools/bytes/text.h"
#include "src/windows/registry.h"
#include "src/windows/version_numbers.h"

namespace goldhive::windows {
namespace {

struct Component {
  std::string_view name;
  std::string_view module;
};
constexpr std::array components = {Component{"microsoft-windows-winhttp", "winhttp.dll"},
                                   Component{"microsoft-windows-webio", "webio.dll"}};

/// What the name of a component begins with, and which programs use it.
struct Prefix {
  std::string_view text;
  View view;
};

std::vector<Prefix> prefixes_of(Architecture image) {
  std::vector<Prefix> prefixes;
  if (image == Architecture::unknown) {
    prefixes = {{"amd64", View::native}, {"ia64", View::native}};
  } else {
    prefixes = {{to_string(image), View::native}};
  }
  if (image == Architecture::unknown || is_64_bit(image)) {
    prefixes.push_back({"wow64", View::wow64});
    prefixes.push_back({"x86", View::wow64});
  }
  return prefixes;
}

/// "winhttp" of "amd64_winhttp_31bf3856ad364e35_none_0123"; "" if it is not of that form.
std::string_view component_name(std::string_view key, std::string_view prefix) {
  if (key.size() <= prefix.size()) return {};
  key.remove_prefix(prefix.size() + 1);
  return key.substr(0, key.find('_'));
}

std::string default_text(const hive::Key& key) {
  const std::optional<hive::Value> value = key.value("");
  return value ? text_of(value->type(), value->data()).value_or("") : "";
}

WinnerFact read_winner(const hive::Key& key, const Prefix& prefix, std::string_view module) {
  WinnerFact fact;
  fact.component = key.name_utf8();
  fact.module = std::string(module);
  fact.view = prefix.view;
  fact.architecture = std::string(prefix.text);
  std::optional<hive::Key> line;
  if (const std::string name = default_text(key); !name.empty()) {
    line = key.find(name);
  } else if (key.subkey_count() == 1) {
    line = key.subkeys().front();
  }
  if (line) fact.version_text = default_text(*line);
  fact.version = parse_file_version(fact.version_text);
  return fact;
}

}  // namespace

bool names_component(std::string_view found, std::string_view wanted) {
  const std::size_t dots = found.find("..");
  if (dots == std::string_view::npos) return nt_equal(found, wanted);
  const std::string_view head = found.substr(0, dots);
  const std::string_view tail = found.substr(dots + 2);
  return head.size() + tail.size() < wanted.size() &&
         nt_equal(wanted.substr(0, head.size()), head) &&
         nt_equal(wanted.substr(wanted.size() - tail.size()), tail);
}

std::vector<WinnerFact> find_winners(const hive::Key& winners, Architecture image) {
  std::vector<WinnerFact> found;
  for (const Component& component : components) {
    for (const Prefix& prefix : prefixes_of(image)) {
      const auto take = [&](std::string_view beginning) {
        for (const hive::Key& key :
             winners.find_prefix(fmt::format("{}_{}", prefix.text, beginning))) {
          if (names_component(component_name(key.name_utf8(), prefix.text), component.name)) {
            found.push_back(read_winner(key, prefix, component.module));
          }
        }
      };
      const std::size_t before = found.size();
      take(fmt::format("{}_", component.name));
      if (found.size() > before) continue;
      take("microsoft-w..");
      take("microsoft-windows-w..");
    }
  }
  return found;
}

}  // namespace goldhive::windows
