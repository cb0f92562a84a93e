// One topic a file: each reads one kind of facts from the hives and the tree. To add one, write the
// file, declare it here and add its row in inspect.cc.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "imgtools/file_tree.h"
#include "src/windows/facts.h"
#include "src/windows/find_installations.h"
#include "src/windows/inspect.h"
#include "src/windows/registry.h"

namespace goldhive::windows {

/// What a topic may look at.
struct Sources {
  const FileTree& tree;
  const Place& place;
  const RegistryHive& software;
  const RegistryHive& system;
  const InspectOptions& options;
};

/// Fills its part of the installation. Later topics may read what earlier ones found (the table in
/// inspect.cc has the order): control sets, then identity, then the rest.
using Topic = void (*)(const Sources&, Installation&);

void read_control_sets(const Sources&, Installation&);
void read_os_identity(const Sources&, Installation&);
void read_architecture(const Sources&, Installation&);
void read_winhttp(const Sources&, Installation&);
void read_schannel(const Sources&, Installation&);
void read_fips(const Sources&, Installation&);
void read_cipher_order(const Sources&, Installation&);
void read_servicing(const Sources&, Installation&);
void read_dotnet(const Sources&, Installation&);
void read_wininet(const Sources&, Installation&);
void read_stray_keys(const Sources&, Installation&);
void read_stray_values(const Sources&, Installation&);

// Paths that several topics share, relative to their hives (names as in the rules).
inline constexpr std::string_view nt_current_version = "Microsoft\\Windows NT\\CurrentVersion";
inline constexpr std::string_view internet_settings =
    "Microsoft\\Windows\\CurrentVersion\\Internet Settings";
inline constexpr std::string_view schannel_key = "Control\\SecurityProviders\\SCHANNEL";

/// "ControlSet001\<below>"; the sets are numbered 1 to 999 (rules C8).
std::string in_control_set(std::uint32_t set, std::string_view below);

/// "Wow6432Node\<path>" for the 32-bit view, `path` for the native one.
std::string in_view(View view, std::string_view path);

/// The views whose values this image's programs read: native, and wow64 unless it is known to have
/// none. An unknown architecture has both: nobody can say that the second one is not read.
bool may_have_wow64(Architecture architecture);

}  // namespace goldhive::windows
