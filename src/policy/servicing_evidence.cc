// Weighs the servicing facts (rules B6, B10 to B12); no verdict is made here.
#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "src/policy/finding_parts.h"
#include "src/policy/servicing.h"

namespace goldhive::policy::servicing {

using windows::Architecture;
using windows::FileVersion;
using windows::Presence;
using windows::View;

namespace {

constexpr FileVersion windows_7_threshold = {6, 1, 7601, 23375};
constexpr FileVersion windows_8_threshold = {6, 2, 9200, 21797};

bool same_line(const FileVersion& version, const FileVersion& threshold) {
  return version.major == threshold.major && version.minor == threshold.minor;
}

/// A file that the processor of its folder cannot load is no proof, whatever its version.
std::string foreign_machine(const windows::FileVersionFact& file, Architecture image) {
  const Architecture wanted = file.view == View::wow64 ? Architecture::x86 : image;
  if (image == Architecture::unknown || file.architecture == Architecture::unknown ||
      file.architecture == wanted) {
    return "";
  }
  return fmt::format("foreign: for {}, not for {}", windows::to_string(file.architecture),
                     windows::to_string(wanted));
}

void measure(Item item, const FileVersion& version, const FileVersion& threshold, Measured& all) {
  if (!same_line(version, threshold)) {
    item.remark = fmt::format("foreign: not of Windows {}.{}", threshold.major, threshold.minor);
  }
  if (!item.remark.empty()) {
    all.bad.push_back(std::move(item));
  } else {
    (version >= threshold ? all.good : all.bad).push_back(std::move(item));
  }
}

/// "Windows/System32/winhttp.dll" -> "System32\winhttp.dll"
std::string short_path(const std::string& path) {
  const std::size_t last = path.rfind('/');
  if (last == std::string::npos || last == 0) return path;
  const std::size_t before = path.rfind('/', last - 1);
  std::string text = path.substr(before == std::string::npos ? 0 : before + 1);
  std::replace(text.begin(), text.end(), '/', '\\');
  return text;
}

/// B6: which files must pass, and what each is.
Measured measure_files(const windows::Installation& installation, const FileVersion& threshold,
                       std::vector<std::string>& lines) {
  Measured all;
  const Architecture arch = installation.os.architecture;
  const bool wow64 = arch == Architecture::unknown || windows::is_64_bit(arch);
  for (const View view : {View::native, View::wow64}) {
    if (view == View::wow64 && !wow64) continue;
    const char* folder = view == View::native ? "System32" : "SysWOW64";
    for (const std::string_view module : {"winhttp.dll", "webio.dll"}) {
      const auto file =
          std::find_if(installation.servicing.files.begin(), installation.servicing.files.end(),
                       [&](const auto& f) { return f.view == view && nt_equal(f.module, module); });
      Item item;
      item.name = fmt::format("{}\\{}", folder, module);
      if (file == installation.servicing.files.end()) {
        all.missing.push_back(std::move(item));
        continue;
      }
      if (!file->path.empty()) item.name = short_path(file->path);
      if (file->presence == Presence::present && file->version) {
        item.version = to_string(*file->version);
        lines.push_back(fmt::format("file {}: {}", item.name, item.version));
        item.remark = foreign_machine(*file, arch);
        measure(std::move(item), *file->version, threshold, all);
      } else {
        lines.push_back(fmt::format("file {}: {}", item.name,
                                    file->presence == Presence::absent ? "not there"
                                    : file->why_unknown.empty()        ? "not readable"
                                                                       : file->why_unknown));
        all.missing.push_back(std::move(item));
      }
    }
  }
  all.complete = all.bad.empty() && all.missing.empty();
  return all;
}

/// B12: complete when both modules have winners and every one is good.
Measured measure_winners(const windows::ServicingFacts& facts, const FileVersion& threshold,
                         std::vector<std::string>& lines) {
  Measured all;
  bool winhttp = false;
  bool webio = false;
  for (const windows::WinnerFact& winner : facts.winners) {
    Item item;
    item.name = fmt::format("{} ({})", winner.module, winner.architecture);
    item.version = winner.version_text;
    lines.push_back(fmt::format("winner {}: {}", winner.component, winner.version_text));
    if (!winner.version) {
      all.missing.push_back(std::move(item));
      continue;
    }
    winhttp = winhttp || nt_equal(winner.module, "winhttp.dll");
    webio = webio || nt_equal(winner.module, "webio.dll");
    measure(std::move(item), *winner.version, threshold, all);
  }
  all.complete = winhttp && webio && all.bad.empty() && all.missing.empty();
  return all;
}

std::vector<std::string> split_identity(const std::string& identity) {
  std::vector<std::string> parts(1);
  for (const char c : identity) {
    if (c == '~') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// B10: a package for another architecture or another line of Windows says nothing about this one.
/// Identity: name~token~architecture~language~version.
bool is_foreign(const std::string& identity, const windows::OsFacts& os,
                const FileVersion& threshold) {
  const auto parts = split_identity(identity);
  if (parts.size() != 5) return false;
  const bool other_arch = os.architecture != Architecture::unknown &&
                          !nt_equal(parts[2], windows::to_string(os.architecture));
  const bool other_line =
      parts[4].rfind(fmt::format("{}.{}.", threshold.major, threshold.minor), 0) != 0;
  return other_arch || other_line;
}

std::string state_text(const windows::PackageFact& package) {
  if (package.state_presence != Presence::present) return "no CurrentState";
  return fmt::format("CurrentState {:#x} ({})", package.state, name(package_state(package.state)));
}

/// Top level wins over members, then the state that says most (the order of PackageState).
std::optional<Package> choose_package(const windows::Installation& installation,
                                      const FileVersion& threshold,
                                      std::vector<std::string>& lines) {
  std::optional<Package> best;
  bool best_top = false;
  for (const windows::PackageFact& fact : installation.servicing.kb3140245) {
    const bool foreign = is_foreign(fact.identity, installation.os, threshold);
    lines.push_back(fmt::format("package {}: {}{}", fact.identity, state_text(fact),
                                foreign ? "; of another Windows, not counted" : ""));
    if (foreign) continue;
    Package package;
    package.identity = fact.identity;
    if (fact.state_presence == Presence::present) {
      package.number = fact.state;
      package.state = package_state(fact.state);
      // An installed member without its top level is no state Windows leaves behind.
      if (!fact.top_level && package.state < PackageState::install_pending) {
        package.state = PackageState::not_known;
      }
    }
    const bool better = !best || (fact.top_level && !best_top) ||
                        (fact.top_level == best_top && package.state < best->state);
    if (!better) continue;
    best = std::move(package);
    best_top = fact.top_level;
  }
  return best;
}

}  // namespace

const char* name(PackageState state) {
  switch (state) {
    case PackageState::permanent:
      return "permanent";
    case PackageState::installed:
      return "installed";
    case PackageState::superseded:
      return "superseded";
    case PackageState::install_pending:
      return "install pending";
    case PackageState::partially_installed:
      return "partially installed";
    case PackageState::uninstall_pending:
      return "uninstall pending";
    case PackageState::not_installed:
      return "staged or less";
    case PackageState::not_known:
      break;
  }
  return "no known state";
}

const char* meaning(PackageState state) {
  switch (state) {
    case PackageState::install_pending:
      return "the installation is pending until the next start";
    case PackageState::partially_installed:
      return "the package is only partially installed, which is a broken state";
    case PackageState::uninstall_pending:
      return "the package is going to be removed";
    case PackageState::not_installed:
      return "the package is present (staged) but not installed";
    default:
      return name(state);
  }
}

PackageState package_state(std::uint32_t current_state) {
  switch (current_state) {
    case 0x80:
      return PackageState::permanent;
    case 0x70:
      return PackageState::installed;
    case 0x50:
      return PackageState::superseded;
    case 0x60:
      return PackageState::install_pending;
    case 0x65:
      return PackageState::partially_installed;
    case 0x05:
      return PackageState::uninstall_pending;
    default:
      return current_state <= 0x40 ? PackageState::not_installed : PackageState::not_known;
  }
}

std::string list(const std::vector<Item>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Item& item = items[i];
    if (i > 0) text += ", ";
    text += item.name;
    const bool same_follows = i + 1 < items.size() && items[i + 1].version == item.version &&
                              items[i + 1].remark == item.remark;
    if (same_follows) continue;
    if (!item.version.empty()) text += " " + item.version;
    if (!item.remark.empty()) text += " (" + item.remark + ")";
  }
  return text;
}

Evidence weigh(const windows::Installation& installation) {
  const windows::ServicingFacts& facts = installation.servicing;
  Evidence e;
  e.threshold = installation.os.family == windows::Family::windows_8 ? windows_8_threshold
                                                                     : windows_7_threshold;
  e.files = measure_files(installation, e.threshold, e.lines);
  e.winners = measure_winners(facts, e.threshold, e.lines);
  e.package = choose_package(installation, e.threshold, e.lines);
  e.packages_listed = facts.packages_presence == Presence::present;
  for (const windows::PackageFact& rollup : facts.rollups) {
    e.lines.push_back(fmt::format("rollup {}: {}", rollup.identity, state_text(rollup)));
    if (rollup.state_presence == Presence::present &&
        package_state(rollup.state) <= PackageState::superseded) {
      e.rollups.push_back(rollup.identity);
    }
  }
  e.pending_xml = facts.pending_xml == Presence::present;
  if (e.pending_xml) e.lines.emplace_back("WinSxS\\pending.xml is there");
  if (facts.reboot_pending == Presence::present) e.lines.emplace_back("CBS\\RebootPending is set");
  e.registry_read =
      facts.winners_presence != Presence::unknown && facts.packages_presence != Presence::unknown;
  if (!e.registry_read) {
    e.why_not_read = hive_trouble(installation, windows::HiveName::software)
                         .value_or(facts.why_unknown.empty() ? "servicing data could not be read"
                                                             : facts.why_unknown);
  }
  return e;
}

}  // namespace goldhive::policy::servicing
