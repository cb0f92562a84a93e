// Whether Windows 7 or Server 2008 R2 has Service Pack 1, which KB3140245 needs (rules E3, I24).
// Each trace of it is asked:
//
//   build           7600 is without, 7601 with it; a build of no list (8400) says nothing
//   CSDVersion      in SOFTWARE "Service Pack 1"; where it is missing, it says nothing: 7601 is SP1
//                   without it. In SYSTEM 0 or 0x100, which the kernel reports as the service pack;
//                   0 counts only beside a version or build of another source
//   ntoskrnl.exe    6.1.7600 or 6.1.7601; late updates number it 7602
//   winhttp.dll and webio.dll of System32: none of build 7601 was made for 7600. Old ones prove
//                   little, as a file may be put back, so they count only without a kernel
//   KB976932        installed, by CBS; where it is not listed, it may have come with the media
//
// If two of them contradict each other, one of the sources is of another Windows or was put back,
// and nobody can say which.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

constexpr std::uint32_t sp1_build = 7601;

class Signs {
 public:
  void add(bool sp1, std::string source) { (sp1 ? with_ : without_).push_back(std::move(source)); }

  ServicePack1 settle() const {
    const auto list = [](const auto& sources) {
      return fmt::format("{}", fmt::join(sources, ", "));
    };
    ServicePack1 found;
    if (!with_.empty() && !without_.empty()) {
      found.conflict =
          fmt::format("no service pack by {}; Service Pack 1 by {}", list(without_), list(with_));
    } else if (!with_.empty()) {
      found.presence = Presence::present;
      found.signs = list(with_);
    } else if (!without_.empty()) {
      found.presence = Presence::absent;
      found.signs = list(without_);
    }
    return found;
  }

 private:
  std::vector<std::string> with_, without_;
};

void ask_dlls(const OsFacts& os, const ServicingFacts& servicing, Signs& signs) {
  std::vector<FileVersion> versions;
  for (const FileVersionFact& file : servicing.files) {
    if (file.view == View::native && file.version && file.version->major == os.major &&
        file.version->minor == os.minor) {
      versions.push_back(*file.version);
    }
  }
  if (versions.empty()) return;
  const auto [oldest, newest] = std::minmax_element(versions.begin(), versions.end());
  const bool sp1 = oldest->build >= sp1_build;
  const bool none = newest->build < sp1_build && !os.kernel;
  if (!sp1 && !none) return;
  signs.add(sp1, fmt::format("System32\\winhttp.dll and webio.dll {}", to_string(*oldest)));
}

bool is_installed(const PackageFact& package, const OsFacts& os) {
  return package.kb == kb_service_pack_1 && package.top_level &&
         (os.architecture == Architecture::unknown || package.architecture == os.architecture) &&
         package.state_presence == Presence::present &&
         (package.state == 0x70 || package.state == 0x80);  // B11: installed, permanent
}

}  // namespace

void read_service_pack_1(const Sources& sources, Installation& installation) {
  OsFacts& os = installation.os;
  if (os.family != Family::windows_7) return;
  Signs signs;
  if (os.build != 0 && !os.unlisted_build) {
    signs.add(os.build >= sp1_build, fmt::format("build {}", os.build));
  }
  const bool software = sources.software.readable();
  if (software && os.service_pack) signs.add(*os.service_pack != 0, "CSDVersion in SOFTWARE");
  // Every Windows since 8 has 0 there. Where the version comes from SYSTEM alone and no build is
  // known, it proves nothing.
  if (os.system_service_pack && (software || os.build != 0 || *os.system_service_pack != 0)) {
    signs.add(*os.system_service_pack != 0, "CSDVersion in SYSTEM");
  }
  if (os.kernel) {
    signs.add(os.kernel->build >= sp1_build, fmt::format("ntoskrnl.exe {}", to_string(*os.kernel)));
  }
  ask_dlls(os, installation.servicing, signs);
  const auto& packages = installation.servicing.packages;
  if (std::any_of(packages.begin(), packages.end(),
                  [&](const PackageFact& p) { return is_installed(p, os); })) {
    signs.add(true, "KB976932 in CBS");
  }
  os.sp1 = signs.settle();
  if (!os.sp1.conflict.empty()) {
    os.conflicts.push_back(os.sp1.conflict);
  } else if (os.sp1.presence == Presence::present && !os.service_pack) {
    os.service_pack = 1;
    if (software)
      os.notes.push_back(
          fmt::format("Service Pack 1 by {}, though SOFTWARE has no CSDVersion", os.sp1.signs));
  }
}

}  // namespace goldhive::windows
