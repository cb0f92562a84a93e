// Weighs the servicing facts (docs/rules.md, B6, B10 to B12, I9, I20, I22); no verdict is made
// here.
#include <fmt/format.h>
#include <fmt/ranges.h>

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

/// schannel.dll of KB4019276 on Server 2008 SP2 (rule A9).
constexpr FileVersion schannel_2008_threshold = {6, 0, 6002, 24129};

bool same_line(const FileVersion& version, const FileVersion& threshold) {
  return version.major == threshold.major && version.minor == threshold.minor;
}

/// A file that the processor of its folder cannot load is no proof, whatever its version.
std::string foreign_machine(const windows::FileVersionFact& file, Architecture image) {
  const Architecture wanted = file.view == View::native ? image : Architecture::x86;
  if (image == Architecture::unknown || file.architecture == Architecture::unknown ||
      file.architecture == wanted) {
    return "";
  }
  return fmt::format("foreign: for {}, not for {}", windows::to_string(file.architecture),
                     windows::to_string(wanted));
}

void add(Item item, const FileVersion& version, const FileVersion& threshold, Measured& all) {
  item.version = to_string(version);
  if (!same_line(version, threshold)) {
    item.remark = fmt::format("foreign: not of Windows {}.{}", threshold.major, threshold.minor);
  }
  const bool good = item.remark.empty() && version >= threshold;
  (good ? all.good : all.bad).push_back(std::move(item));
}

/// Calls `measure(view, module)` for everything that is needed.
template <typename Measure>
void for_each_needed(const windows::OsFacts& os, Measure measure) {
  for (const View view : {View::native, View::wow64}) {
    if (has_view(os, view) == Presence::absent) continue;
    for (const std::string_view module : {"winhttp.dll", "webio.dll"}) measure(view, module);
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

constexpr std::string_view out_of_reach = "the files of Windows are not in this source";

/// Why the version of a file is not known.
std::string why_missing(const windows::FileVersionFact& file) {
  if (file.out_of_reach) return std::string(out_of_reach);
  if (file.presence == Presence::absent) return "not there";
  if (!file.twin.empty()) return file.why_unknown;
  return file.why_unknown.empty() ? "could not be read"
                                  : fmt::format("could not be read: {}", file.why_unknown);
}

/// B6.
Measured measure_files(const windows::Installation& installation, const FileVersion& threshold,
                       std::vector<std::string>& lines) {
  Measured all;
  const auto& files = installation.servicing.files;
  for_each_needed(installation.os, [&](View view, std::string_view module) {
    const auto file = std::find_if(files.begin(), files.end(), [&](const auto& f) {
      return f.view == view && nt_equal(f.module, module);
    });
    Item item;
    item.name = fmt::format("{}\\{}", view == View::native ? "System32" : "SysWOW64", module);
    if (file == files.end()) {
      item.remark = out_of_reach;
      all.missing.push_back(std::move(item));
      return;
    }
    if (!file->path.empty()) item.name = short_path(file->path);
    if (file->presence == Presence::present && file->version) {
      item.remark = foreign_machine(*file, installation.os.architecture);
      lines.push_back(fmt::format("file {}: {}", item.name, to_string(*file->version)));
      add(std::move(item), *file->version, threshold, all);
    } else {
      item.remark = why_missing(*file);
      lines.push_back(fmt::format("file {}: {}", item.name, item.remark));
      if (file->lost) item.remark = "missing from a folder that is whole otherwise: damaged";
      (file->lost ? all.bad : all.missing).push_back(std::move(item));
    }
  });
  return all;
}

/// B12, I20: a winner for each module and each view.
Measured measure_winners(const windows::Installation& installation, const FileVersion& threshold,
                         std::vector<std::string>& lines) {
  Measured all;
  const auto& winners = installation.servicing.winners;
  for (const windows::WinnerFact& winner : winners) {
    lines.push_back(fmt::format("winner {}: {}", winner.component, winner.version_text));
    Item item;
    item.name = fmt::format("{} ({})", winner.module, winner.architecture);
    if (has_view(installation.os, winner.view) == Presence::absent) continue;
    if (winner.version) {
      add(std::move(item), *winner.version, threshold, all);
    } else {
      item.remark = "no version";
      all.missing.push_back(std::move(item));
    }
  }
  for_each_needed(installation.os, [&](View view, std::string_view module) {
    if (std::any_of(winners.begin(), winners.end(), [&](const auto& winner) {
          return winner.view == view && nt_equal(winner.module, module);
        })) {
      return;
    }
    Item item;
    item.name = fmt::format("{} ({})", module, view == View::native ? "64-bit" : "32-bit");
    if (!windows::is_64_bit(installation.os.architecture)) item.name = module;
    item.remark = "not listed";
    all.missing.push_back(std::move(item));
  });
  return all;
}

/// B10: a package for another architecture or another line of Windows says nothing about this one.
/// The version of a rollup does not begin with the line.
bool is_foreign(const windows::PackageFact& package, const windows::OsFacts& os,
                const FileVersion& threshold) {
  return (os.architecture != Architecture::unknown && package.architecture != os.architecture) ||
         (package.kb != 0 && !same_line(package.version, threshold));
}

std::string state_text(const windows::PackageFact& package) {
  if (package.state_presence != Presence::present) return "no CurrentState";
  return fmt::format("CurrentState {:#x} ({})", package.state, name(package_state(package)));
}

/// Sorts the entries of CBS. Those that do not count neither decide nor hide what others say (I22).
void weigh_packages(const windows::Installation& installation, Evidence& e) {
  for (const windows::PackageFact& fact : installation.servicing.packages) {
    if (fact.kb == windows::kb_service_pack_1) continue;  // service_pack_1.cc asks it
    const bool update = fact.kb == windows::kb_winhttp;
    const bool foreign = is_foreign(fact, installation.os, e.threshold);
    const PackageState state = package_state(fact);
    std::string line = fmt::format("{} {}: {}", update ? "package" : "later update", fact.identity,
                                   state_text(fact));
    if (foreign) {
      line += "; of another Windows, not counted";
    } else if (!update) {
      if (state <= PackageState::superseded) e.rollups.push_back(fact.identity);
    } else if (!fact.top_level) {
      line += "; a part of the package, not counted";
      if (state <= PackageState::installed) e.part = fact.identity;
    } else if (!e.package || state < e.package->state) {
      e.package = Package{state, std::nullopt};
      if (fact.state_presence == Presence::present) e.package->number = fact.state;
    }
    e.lines.push_back(std::move(line));
  }
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

PackageState package_state(const windows::PackageFact& package) {
  if (package.state_presence != Presence::present) return PackageState::not_known;
  // Vista kept the states as low digits (B11).
  const bool digits = package.version.major == 6 && package.version.minor == 0;
  const std::uint32_t state = digits && package.state < 0x10 ? package.state << 4U : package.state;
  switch (state) {
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
      return state <= 0x40 ? PackageState::not_installed : PackageState::not_known;
  }
}

namespace {

/// "winhttp.dll, webio.dll" where each of these is there in both folders: their names without them.
std::vector<std::string> in_both_folders(const std::vector<Item>& items) {
  constexpr std::string_view native = "System32\\";
  constexpr std::string_view wow64 = "SysWOW64\\";
  std::vector<std::string> natives;
  std::vector<std::string> wow64s;
  for (const Item& item : items) {
    if (nt_equal(item.name.substr(0, native.size()), native))
      natives.push_back(item.name.substr(native.size()));
    if (nt_equal(item.name.substr(0, wow64.size()), wow64))
      wow64s.push_back(item.name.substr(wow64.size()));
  }
  const bool all = natives.size() + wow64s.size() == items.size();
  return all && natives == wow64s ? natives : std::vector<std::string>();
}

bool are_alike(const Item& a, const Item& b) {
  return a.version == b.version && a.remark == b.remark;
}

}  // namespace

std::string list(const std::vector<Item>& items) {
  std::string text;
  for (auto next = items.begin(); next != items.end();) {
    const auto end =
        std::find_if(next, items.end(), [&](const Item& item) { return !are_alike(*next, item); });
    const std::vector<Item> group(next, end);
    const std::vector<std::string> names = in_both_folders(group);
    if (!text.empty()) text += ", ";
    if (names.empty()) {
      for (const Item& item : group) text += (&item == &group.front() ? "" : ", ") + item.name;
    } else {
      text += fmt::format("{} (64 and 32 bit)", fmt::join(names, ", "));
    }
    if (!next->version.empty()) text += " " + next->version;
    if (!next->remark.empty()) text += " (" + next->remark + ")";
    next = end;
  }
  return text;
}

Evidence weigh(const windows::Installation& installation) {
  const windows::ServicingFacts& facts = installation.servicing;
  Evidence e;
  e.threshold = installation.os.family == windows::Family::windows_8 ? windows_8_threshold
                                                                     : windows_7_threshold;
  e.files = measure_files(installation, e.threshold, e.lines);
  e.files_out_of_reach = std::all_of(facts.files.begin(), facts.files.end(),
                                     [](const auto& file) { return file.out_of_reach; });
  e.files_unread = std::any_of(facts.files.begin(), facts.files.end(), [](const auto& file) {
    return !file.out_of_reach && file.presence == windows::Presence::unknown;
  });
  e.files_from_elsewhere = facts.files_from_elsewhere;
  for (const windows::FileVersionFact& file : facts.files) {
    if (!file.twin.empty()) e.twin = fmt::format("{} and {}", file.path, file.twin);
  }
  e.winners = measure_winners(installation, e.threshold, e.lines);
  weigh_packages(installation, e);
  e.packages_listed = facts.packages_presence == Presence::present;
  e.pending_xml = facts.pending_xml == Presence::present;
  if (e.pending_xml) e.lines.emplace_back("WinSxS\\pending.xml is there");
  if (facts.reboot_pending == Presence::present) e.lines.emplace_back("CBS\\RebootPending is set");
  if (facts.winners_presence == Presence::unknown || facts.packages_presence == Presence::unknown) {
    e.why_not_read = hive_trouble(installation, windows::HiveName::software)
                         .value_or(facts.why_unknown.empty() ? "servicing data could not be read"
                                                             : facts.why_unknown);
  }
  return e;
}

bool has_kb4019276(const windows::Installation& installation) {
  const windows::OsFacts& os = installation.os;
  if (os.family == windows::Family::xp) return os.posready;
  if (os.family != windows::Family::vista) return false;
  const windows::ServicingFacts& facts = installation.servicing;
  if (facts.schannel) return *facts.schannel >= schannel_2008_threshold;
  return std::any_of(facts.packages.begin(), facts.packages.end(),
                     [&](const windows::PackageFact& package) {
                       return package.kb == windows::kb_schannel_2008 && package.top_level &&
                              (os.architecture == Architecture::unknown ||
                               package.architecture == os.architecture) &&
                              package_state(package) <= PackageState::superseded;
                     });
}

}  // namespace goldhive::policy::servicing
