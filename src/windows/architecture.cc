// 32 or 64 bits, and for which processor (rules E6). The architecture decides which views and which
// files count. So three independent sources are compared, and a difference is reported. Where they
// agree on the bits, the first one wins. Where they do not, nobody can say which views and files
// count, and the architecture stays unknown. A Wow6432Node or SysWOW64 that programs have written
// to says only "64 bits".
#include <fmt/format.h>

#include <array>
#include <utility>

#include "imgtools/bytes/text.h"
#include "src/windows/system_files.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

using Said = std::pair<std::string, Architecture>;

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

/// "7601.18247.amd64fre.win7sp1_gdr.130828-1532" -> amd64
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

/// Machine of the first system file that can be read.
Said machine(const Sources& sources) {
  if (!sources.place.system32) return {};
  for (const char* module : {"ntoskrnl.exe", "cmd.exe", "winhttp.dll"}) {
    const FileVersionFact file = read_system_file(sources.tree, sources.place.system32, "", module);
    if (file.architecture != Architecture::unknown) return {file.path, file.architecture};
  }
  return {};
}

Said environment(const Sources& sources, const ControlSetFacts& sets) {
  if (!sets.boots) return {};
  const ValueFact fact =
      sources.system.value(in_control_set(*sets.boots, "Control\\Session Manager\\Environment"),
                           "PROCESSOR_ARCHITECTURE");
  return {"PROCESSOR_ARCHITECTURE in SYSTEM",
          parse_architecture(text_of(fact.type, fact.data).value_or(""))};
}

/// What only a 64-bit Windows has. Not Wow6432Node alone: scripts write that on any Windows.
std::string sign_of_wow64(const Sources& sources) {
  const KeyLookup& key = sources.software.key(in_view(View::wow64, nt_current_version));
  if (key.presence == Presence::present) return key.path;
  if (!sources.place.windows) return "";
  return sources.tree.find(join_path(*sources.place.windows, "SysWOW64")).value_or("");
}

}  // namespace

void read_architecture(const Sources& sources, Installation& installation) {
  OsFacts& os = installation.os;
  std::string source;
  bool bits_differ = false;
  for (const auto& [name, architecture] :
       {machine(sources), environment(sources, installation.control_sets),
        Said{"BuildLabEx", architecture_of_build_lab(os.build_lab)}}) {
    if (architecture == Architecture::unknown) continue;
    if (os.architecture == Architecture::unknown) {
      os.architecture = architecture;
      source = name;
    } else if (architecture != os.architecture) {
      os.conflicts.push_back(fmt::format("{} says {}, {} says {}", source,
                                         to_string(os.architecture), name,
                                         to_string(architecture)));
      bits_differ = bits_differ || is_64_bit(architecture) != is_64_bit(os.architecture);
    }
  }

  if (bits_differ) {
    os.architecture = Architecture::unknown;
    return;
  }

  const std::string wow64 = sign_of_wow64(sources);
  if (wow64.empty()) return;
  if (os.architecture == Architecture::unknown) {
    // A key or a folder cannot tell amd64 from ia64, but the checks are the same for both.
    os.architecture = Architecture::amd64;
    os.notes.push_back(fmt::format("amd64 is assumed: {} shows a 64-bit Windows", wow64));
  } else if (!is_64_bit(os.architecture)) {
    os.notes.push_back(
        fmt::format("{} is there, though {} says {}", wow64, source, to_string(os.architecture)));
  }
}

}  // namespace goldhive::windows
