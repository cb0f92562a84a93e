// Values that someone wrote for a purpose and that Windows never reads: a name with a slip in it
// ("DefaultSecureProtocol"), the right name one key too high (docs/rules.md, A5, C1: WinHTTP
// reads the subkey WinHttp of Internet Settings, Schannel the subkeys Client and Server of a
// protocol) or in another key WinHttp, and a number in the default value of the right key (I11).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/windows/ignored.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

class IgnoredValues {
 public:
  IgnoredValues(const Sources& sources, Installation& installation)
      : sources_(sources), installation_(installation) {}

  void look_in_software() {
    constexpr std::array<std::string_view, 1> wanted = {"DefaultSecureProtocols"};
    for (const View view : all_views) {
      if (has_view(installation_.os, view) == Presence::absent) continue;
      const std::string settings = in_view(view, internet_settings);
      const KeyLookup& key = sources_.software.key(settings);
      misplaced(key, wanted, "WinHTTP reads it in the subkey WinHttp alone");
      look_alikes(sources_.software.key(settings + "\\WinHttp"), wanted);
      misplaced(sources_.software.key(in_view(view, "Microsoft\\Windows\\CurrentVersion\\WinHttp")),
                wanted, "WinHTTP reads it in Internet Settings\\WinHttp alone");
    }
    // Both views share the policies.
    const std::string policies = fmt::format("Policies\\{}", internet_settings);
    for (const char* below : {"", "\\WinHttp"}) {
      misplaced(
          sources_.software.key(policies + below), wanted,
          "no group policy sets it; WinHTTP reads Internet Settings\\WinHttp of Microsoft alone");
    }
  }

  void look_in_system() {
    constexpr std::array<std::string_view, 2> wanted = {"Enabled", "DisabledByDefault"};
    for (const std::uint32_t set : installation_.control_sets.present) {
      for (const std::string_view protocol : schannel_protocols) {
        const std::string path =
            in_control_set(set, fmt::format("{}\\Protocols\\{}", schannel_key, protocol));
        const KeyLookup& key = sources_.system.key(path);
        if (!key.key) continue;
        misplaced(key, wanted, "Schannel reads it in the subkeys Client and Server alone");
        for (const std::string_view side : schannel_sides) {
          look_alikes(sources_.system.key(fmt::format("{}\\{}", path, side)), wanted);
        }
      }
    }
  }

 private:
  using Names = std::span<const std::string_view>;

  void report(const KeyLookup& key, const hive::Value& value, std::string reason) {
    add_ignored(installation_,
                {key.path, value.name_utf8(), std::move(reason), key.key->last_written()});
  }

  /// A value that cannot be read has no name to report.
  static std::vector<hive::Value> values(const KeyLookup& key) {
    if (!key.key || key.is_link) return {};
    try {
      return key.key->values([](const Error&) {});
    } catch (const Error&) {
      return {};
    }
  }

  void misplaced(const KeyLookup& key, Names wanted, std::string_view reason) {
    for (const hive::Value& value : values(key)) {
      const bool meant = std::any_of(wanted.begin(), wanted.end(), [&](std::string_view name) {
        return nt_equal(value.name(), to_utf16(name));
      });
      if (meant) report(key, value, std::string(reason));
    }
  }

  /// Values with almost the name of a wanted one, or a number without a name.
  void look_alikes(const KeyLookup& key, Names wanted) {
    for (const hive::Value& value : values(key)) {
      if (value.name().empty()) {
        if (value.type() != hive::ValueType::dword && value.type() != hive::ValueType::qword)
          continue;
        add_ignored(installation_,
                    {key.path, "(Default)",
                     fmt::format("a number in the default value of the key; Windows reads {}",
                                 fmt::join(wanted, " and ")),
                     key.key->last_written()});
        continue;
      }
      for (const std::string_view name : wanted) {
        const std::u16string right = to_utf16(name);
        if (nt_equal(value.name(), right)) break;
        if (!is_slip(value.name(), right)) continue;
        report(
            key, value,
            fmt::format("looks like \"{}\" and is another name; Windows does not read it", name));
        break;
      }
    }
  }

  const Sources& sources_;
  Installation& installation_;
};

}  // namespace

void read_ignored_values(const Sources& sources, Installation& installation) {
  IgnoredValues search(sources, installation);
  if (sources.system.readable()) search.look_in_system();
  if (sources.software.readable()) search.look_in_software();
}

}  // namespace goldhive::windows
