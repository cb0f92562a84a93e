// 32 or 64 bits, and for which processor (docs/rules.md, E6). The architecture decides which views
// and which files count. So three independent sources are compared, and a difference is reported.
// Where they agree on the bits, the first one wins. A file of Windows is right where only
// PROCESSOR_ARCHITECTURE, which anybody can set, says something else. Where other sources differ in
// the bits, nobody can say which views and files count, and the architecture stays unknown. A
// Wow6432Node or SysWOW64 in use says only "64 bits", WowAA32Node or SysArm32 ARM64.
//
// A 64-bit Windows need not run 32-bit programs: on Server Core WoW64 is a feature that can be
// removed, and Windows 11 24H2 for ARM64 runs none for 32-bit ARM any more. It has a view if either
// the folder or the key of it is there (rules I9, I28). It has none if the files of Windows, which
// are at hand, have no folder of it and the registry no key that is in use.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "imgtools/bytes/text.h"
#include "src/windows/system_files.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

using Said = std::pair<std::string, Architecture>;

/// Machine of the first system file that can be read.
Said machine(const Sources& sources) {
  if (!sources.place.system32) return {};
  for (const char* module : {"ntoskrnl.exe", "cmd.exe", "winhttp.dll"}) {
    const FileVersionFact file =
        read_system_file(sources.tree, sources.place.root, sources.place.system32, "", module);
    if (file.architecture != Architecture::unknown) return {file.path, file.architecture};
  }
  return {};
}

Said environment(const Sources& sources, const ControlSetFacts& sets) {
  if (!sets.boots) return {};
  const ValueFact fact =
      sources.system.value(in_control_set(*sets.boots, "Control\\Session Manager\\Environment"),
                           "PROCESSOR_ARCHITECTURE");
  return {"PROCESSOR_ARCHITECTURE in SYSTEM", parse_architecture(text_of(fact))};
}

const KeyLookup& lived_in_key(const Sources& sources, View view) {
  return sources.software.key(in_view(view, nt_current_version));
}

/// What shows that there is a 32-bit view; "" if nothing does. Not Wow6432Node alone: scripts write
/// that on any Windows.
std::string sign_of_view(const Sources& sources, View view) {
  const KeyLookup& key = lived_in_key(sources, view);
  if (key.presence == Presence::present) return key.path;
  if (!sources.place.windows) return "";
  const std::string folder(folder_of_view(view));
  return sources.tree.find(join_path(*sources.place.windows, folder)).value_or("");
}

/// Of a 64-bit Windows.
Presence find_view(const Sources& sources, View view) {
  if (!sign_of_view(sources, view).empty()) return Presence::present;
  // A key that cannot be read is unknown to every row about it, so the view itself need not be.
  if (lived_in_key(sources, view).presence == Presence::unknown) return Presence::present;
  // Only ARM64 up to Windows 11 23H2 has the third view; there the key alone is proof enough.
  if (view == View::wowaa32) return Presence::absent;
  if (sources.place.windows && has_system_files(sources.tree, sources.place)) {
    return Presence::absent;
  }
  const bool no_key = sources.software.key(key_of_view(view)).presence == Presence::absent;
  return no_key ? Presence::unknown : Presence::present;
}

/// What only a 64-bit Windows has. A key or a folder cannot tell amd64 from ia64, but the checks
/// are the same for both.
void assume_64_bits(const Sources& sources, OsFacts& os) {
  for (const auto& [view, architecture] : {std::pair{View::wowaa32, Architecture::arm64},
                                           std::pair{View::wow64, Architecture::amd64}}) {
    const std::string sign = sign_of_view(sources, view);
    if (sign.empty()) continue;
    os.architecture = architecture;
    os.notes.push_back(
        fmt::format("{} is assumed: {} shows a 64-bit Windows", to_string(architecture), sign));
    return;
  }
}

}  // namespace

Architecture parse_architecture(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Architecture>, 6> names = {{
      {"x86", Architecture::x86},
      {"amd64", Architecture::amd64},
      {"ia64", Architecture::ia64},
      {"arm64", Architecture::arm64},
      {"arm", Architecture::arm},
      {"woa", Architecture::arm},
  }};
  for (const auto& [name, architecture] : names) {
    if (nt_equal(name, text)) return architecture;
  }
  return Architecture::unknown;
}

Architecture architecture_of_build_lab(const std::string& build_lab) {
  for (const std::string_view kind : {"fre.", "chk."}) {
    const std::size_t end = build_lab.find(kind);
    if (end == std::string::npos) continue;
    const std::size_t dot = build_lab.rfind('.', end);
    const std::size_t start = dot == std::string::npos ? 0 : dot + 1;
    return parse_architecture(std::string_view(build_lab).substr(start, end - start));
  }
  return Architecture::unknown;
}

void read_architecture(const Sources& sources, Installation& installation) {
  OsFacts& os = installation.os;
  const Said file = machine(sources);
  const Said in_system = environment(sources, installation.control_sets);
  const Said lab{"BuildLabEx", architecture_of_build_lab(os.build_lab)};
  const bool lab_differs = lab.second != Architecture::unknown && lab.second != file.second;
  std::string source;
  bool bits_differ = false;
  for (const Said* said : {&file, &in_system, &lab}) {
    const auto& [name, architecture] = *said;
    if (architecture == Architecture::unknown) continue;
    if (os.architecture == Architecture::unknown) {
      os.architecture = architecture;
      source = name;
    } else if (architecture != os.architecture) {
      const std::string both =
          fmt::format("{} says {}, {} says {}", source, to_string(os.architecture), name,
                      to_string(architecture));
      // Anybody can set a variable of the environment, so a file that nothing else denies is right.
      const bool only_set =
          said == &in_system && file.second != Architecture::unknown && !lab_differs;
      (only_set ? os.notes : os.conflicts).push_back(both);
      bits_differ =
          bits_differ || (!only_set && is_64_bit(architecture) != is_64_bit(os.architecture));
    }
  }

  if (bits_differ) {
    os.architecture = Architecture::unknown;
    return;
  }

  if (os.architecture == Architecture::unknown) {
    assume_64_bits(sources, os);
  } else if (!is_64_bit(os.architecture)) {
    if (const std::string sign = sign_of_view(sources, View::wow64); !sign.empty()) {
      os.notes.push_back(
          fmt::format("{} is there, though {} says {}", sign, source, to_string(os.architecture)));
    }
  }
  if (!is_64_bit(os.architecture)) return;
  os.wow64 = find_view(sources, View::wow64);
  os.wowaa32 =
      os.architecture == Architecture::arm64 ? find_view(sources, View::wowaa32) : Presence::absent;
}

}  // namespace goldhive::windows
