// One topic a file: each reads one kind of facts from the hives and the tree. To add one, write the
// file, declare it here and add its row in inspect.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "imgtools/file_tree.h"
#include "src/windows/facts.h"
#include "src/windows/find_installations.h"
#include "src/windows/inspect.h"
#include "src/windows/registry.h"
#include "src/windows/settings.h"

namespace goldhive::windows {

/// What a topic may look at.
struct Sources {
  const FileTree& tree;
  const Place& place;
  const RegistryHive& software;
  const RegistryHive& system;
  const InspectOptions& options;
  bool files_from_elsewhere = false;  ///< `tree` and `place` are those of InspectOptions::files
};

/// Fills its part of the installation. Later topics may read what earlier ones found (the table in
/// inspect.cc has the order): control sets, then identity, then the rest.
using Topic = void (*)(const Sources&, Installation&);

void read_control_sets(const Sources&, Installation&);
void read_os_identity(const Sources&, Installation&);
void read_architecture(const Sources&, Installation&);
void compare_hives(const Sources&, Installation&);
void read_winhttp(const Sources&, Installation&);
void read_schannel(const Sources&, Installation&);
void read_standalone(const Sources&, Installation&);
void read_servicing(const Sources&, Installation&);
void read_service_pack_1(const Sources&, Installation&);
void read_dotnet(const Sources&, Installation&);
void read_wininet(const Sources&, Installation&);
void read_ignored_keys(const Sources&, Installation&);
void read_ignored_values(const Sources&, Installation&);

/// Reads settings place by place. Neighbours share the key above theirs, which is mostly absent, so
/// that key is looked up once for all of them.
class SettingReader {
 public:
  explicit SettingReader(const Sources& sources) : sources_(sources) {}

  KeyLookup find_key(const Setting& setting, const SettingPlace& place = {});
  ValueFact read(const Setting& setting, const SettingPlace& place = {});

 private:
  const Sources& sources_;
  const RegistryHive* hive_ = nullptr;
  std::string path_above_;
  const KeyLookup* above_ = nullptr;  ///< of `hive_`, at `path_above_`
};

/// Relative to SOFTWARE. The paths of settings are in settings.h.
inline constexpr std::string_view nt_current_version = "Microsoft\\Windows NT\\CurrentVersion";

/// "x86", "AMD64", ... of PROCESSOR_ARCHITECTURE.
Architecture parse_architecture(std::string_view text);
/// "7601.18247.amd64fre.win7sp1_gdr.130828-1532" -> amd64
Architecture architecture_of_build_lab(const std::string& build_lab);

/// "ControlSet001\<below>"; the sets are numbered 1 to 999 (docs/rules.md, C8).
std::string in_control_set(std::uint32_t set, std::string_view below);

/// "Wow6432Node", "WowAA32Node"; "" for the native view.
std::string_view key_of_view(View view);
/// "System32", "SysWOW64", "SysArm32".
std::string_view folder_of_view(View view);
/// "Wow6432Node\<path>" for the 32-bit view, `path` for the native one.
std::string in_view(View view, std::string_view path);

}  // namespace goldhive::windows
