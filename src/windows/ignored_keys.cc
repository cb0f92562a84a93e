// Keys that someone wrote for a purpose and that Windows never reads (docs/rules.md, F2 to F5, C12,
// A12, I11, I25). The typical case: a .reg file was made on a live system and imported into a hive
// that was mounted under another name. Then the settings lie beside the place where they should be.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/windows/ignored.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

bool has_false_slash(std::u16string_view name) {
  return name.find_first_of(u"\u2215\u2044\uff0f") != std::u16string_view::npos;
}

constexpr const char* belongs_into_system =
    "this key belongs into SYSTEM; nothing reads it in SOFTWARE";

class IgnoredKeys {
 public:
  IgnoredKeys(const Sources& sources, Installation& installation)
      : sources_(sources), installation_(installation) {}

  void run() {
    if (sources_.system.readable()) look_in_system();
    if (sources_.software.readable()) look_in_software();
  }

 private:
  void report(const KeyLookup& key, std::string reason) {
    if (key.presence != Presence::present) return;
    add_ignored(installation_, {key.path, "", std::move(reason), key.key->last_written()});
  }
  void report(const KeyLookup& parent, const hive::Key& key, std::string reason) {
    add_ignored(installation_, {fmt::format("{}\\{}", parent.path, key.name_utf8()), "",
                                std::move(reason), key.last_written()});
  }

  /// Subkeys of a key that may be absent. A subkey that cannot be read has no name to report.
  static std::vector<hive::Key> subkeys(const KeyLookup& parent) {
    if (!parent.key || parent.is_link) return {};
    try {
      return parent.key->subkeys([](const Error&) {});
    } catch (const Error&) {
      return {};
    }
  }

  void look_in_system() {
    const RegistryHive& system = sources_.system;
    report(system.key("CurrentControlSet"),
           "made at boot and never read from a file; the set that boots is the "
           "one to change");
    report(system.key("Wow6432Node"), "SYSTEM has no 32-bit view");
    for (const char* name : {"Classes", "Microsoft", "Policies"}) {
      report(system.key(name), "this key belongs into SOFTWARE; nothing reads it in SYSTEM");
    }
    report_if_nested(system.key("SYSTEM"), {"CurrentControlSet", "ControlSet001"});
    std::vector<std::string> problems;
    const KeyLookup& root = system.key("");
    std::set<std::u16string> real;
    for (const std::uint32_t set : installation_.control_sets.present) {
      real.insert(nt_upcase(to_utf16(in_control_set(set, ""))));
    }
    for (const hive::Key& key : subkeys_with_prefix(*root.key, "ControlSet", problems)) {
      if (real.contains(nt_upcase(key.name()))) continue;
      report(root, key, "not the name of a control set (ControlSet001 to ControlSet999)");
    }
    for (const std::uint32_t set : installation_.control_sets.present) look_in_schannel(set);
  }

  void look_in_schannel(std::uint32_t set) {
    const RegistryHive& system = sources_.system;
    const std::string path = in_control_set(set, schannel_key);
    look_alikes(system.key(path.substr(0, path.rfind('\\'))), {"SCHANNEL"});
    look_alikes(system.key(path), {"Protocols"});
    look_for_protocols_above(system.key(path));
    const KeyLookup& protocols = system.key(path + "\\Protocols");
    look_alikes(protocols, {schannel_protocols.begin(), schannel_protocols.end()});
    // Each is at hand: to look each up by its name would read the whole list once for each.
    for (const hive::Key& key : subkeys(protocols)) look_in_protocol(found_in(protocols, key));
    for (const char* group : {"Ciphers", "Hashes", "KeyExchangeAlgorithms"}) {
      const KeyLookup& parent = system.key(fmt::format("{}\\{}", path, group));
      for (const hive::Key& key : subkeys(parent)) {
        if (has_false_slash(key.name())) {
          report(parent, key,
                 "the name holds a character that only looks like a slash (U+2215 or a relative); "
                 "Schannel does not read this key");
        }
      }
    }
  }

  /// A subkey that is at hand, as if it had been looked up.
  static KeyLookup found_in(const KeyLookup& parent, const hive::Key& key) {
    KeyLookup found;
    found.path = fmt::format("{}\\{}", parent.path, key.name_utf8());
    found.presence = Presence::present;
    found.key = key;
    found.is_link = key.is_link();
    return found;
  }

  /// "SCHANNEL\TLS 1.2\Client", without Protocols between.
  void look_for_protocols_above(const KeyLookup& schannel) {
    for (const hive::Key& key : subkeys(schannel)) {
      for (const std::string_view name : schannel_protocols) {
        if (fold(key.name()) != fold(to_utf16(name))) continue;
        report(schannel, key,
               fmt::format("Schannel reads SCHANNEL\\Protocols\\{} and not this key", name));
      }
    }
  }

  void look_in_protocol(const KeyLookup& protocol) {
    constexpr std::array values = {std::string_view("Enabled"),
                                   std::string_view("DisabledByDefault")};
    look_for_values_as_keys(protocol, values, "Schannel");
    for (const hive::Key& key : subkeys(protocol)) {
      const bool side =
          std::any_of(schannel_sides.begin(), schannel_sides.end(),
                      [&](std::string_view name) { return nt_equal(key.name(), to_utf16(name)); });
      if (side) {
        look_for_values_as_keys(found_in(protocol, key), values, "Schannel");
        continue;
      }
      for (const std::string_view name : schannel_sides) {
        if (is_slip(key.name(), to_utf16(name))) report(protocol, key, looks_like(name));
      }
    }
  }

  /// What was meant as a value and made as a key.
  void look_for_values_as_keys(const KeyLookup& parent, std::span<const std::string_view> values,
                               std::string_view reader) {
    for (const hive::Key& key : subkeys(parent)) {
      for (const std::string_view name : values) {
        if (!nt_equal(key.name(), to_utf16(name))) continue;
        report(parent, key, fmt::format("made as a key; {} reads a value of this name", reader));
      }
    }
  }

  static std::string looks_like(std::string_view name) {
    return fmt::format("looks like \"{}\" and is another name; Windows does not read it", name);
  }

  /// Subkeys that look like one of `wanted` and are none of them.
  void look_alikes(const KeyLookup& parent, const std::vector<std::string_view>& wanted) {
    for (const hive::Key& key : subkeys(parent)) {
      const std::u16string folded = fold(key.name());
      for (const std::string_view name : wanted) {
        if (fold(to_utf16(name)) == folded && !nt_equal(key.name(), to_utf16(name))) {
          report(parent, key, looks_like(name));
        }
      }
    }
  }

  void look_in_software() {
    const RegistryHive& software = sources_.software;
    report_if_nested(software.key("SOFTWARE"), {"Microsoft", "Wow6432Node", "Policies"});
    report_if_nested(software.key("Wow6432Node\\SOFTWARE"), {"Microsoft", "Wow6432Node"});
    report_if_nested(software.key("Wow6432Node\\Wow6432Node"), {"Microsoft"});
    report_if_nested(software.key("Microsoft\\Microsoft"), {"Windows", ".NETFramework"});
    for (const char* name : {"CurrentControlSet", "MountedDevices", "Select"}) {
      report(software.key(name), belongs_into_system);
    }
    std::vector<std::string> problems;
    const KeyLookup& root = software.key("");
    for (const hive::Key& key : subkeys_with_prefix(*root.key, "ControlSet", problems)) {
      if (control_set_number(key.name_utf8())) report(root, key, belongs_into_system);
    }
    const Architecture architecture = installation_.os.architecture;
    if (architecture != Architecture::unknown && !is_64_bit(architecture)) {
      report(software.key("Wow6432Node"), "a 32-bit Windows has no Wow6432Node view");
    }
    if (architecture != Architecture::unknown && architecture != Architecture::arm64) {
      report(software.key("WowAA32Node"), "only a Windows for ARM64 has a WowAA32Node view");
    }
    for (const View view : all_views) {
      const KeyLookup& settings = software.key(in_view(view, internet_settings));
      if (!settings.key || settings.is_link) continue;
      constexpr std::array values = {std::string_view("DefaultSecureProtocols")};
      look_for_values_as_keys(settings, values, "WinHTTP");
      look_for_values_as_keys(software.key(in_view(view, internet_settings) + "\\WinHttp"), values,
                              "WinHTTP");
      for (const hive::Key& key : subkeys_with_prefix(*settings.key, "WinHttp", problems)) {
        if (fold(key.name()) == fold(u"WinHttp") && !nt_equal(key.name(), u"WinHttp")) {
          report(settings, key,
                 "looks like \"WinHttp\" and is another name; WinHTTP does not "
                 "read it");
        }
      }
    }
  }

  /// A path that begins a second time. It is reported only when it holds keys of Windows, since any
  /// program may call a key of its own "Software".
  void report_if_nested(const KeyLookup& key, std::initializer_list<std::string_view> contents) {
    if (!key.key || key.is_link) return;
    try {
      for (const std::string_view name : contents) {
        if (key.key->find(name)) {
          report(key,
                 "the path begins a second time here, as after an import under a mount name; "
                 "Windows does not read it");
          return;
        }
      }
    } catch (const Error&) {  // not certain, so nothing is claimed
    }
  }

  const Sources& sources_;
  Installation& installation_;
};

}  // namespace

void read_ignored_keys(const Sources& sources, Installation& installation) {
  IgnoredKeys(sources, installation).run();
}

}  // namespace goldhive::windows
