// SYSTEM holds no version of Windows as such, but two traces that Windows keeps in step with it:
//
// - Control\Windows: CSDVersion (DWORD, service pack in the second byte) and CSDBuildNumber, the
//   revision of that service pack's build. The kernel takes the service pack it reports from the
//   first at every boot. Revision 17514 with SP 1 is 6.1.7601.17514, the one release of Windows 7
//   SP1; no other Windows has that pair.
// - Control\Class\{4D36E97D-...} (system devices): every device set up from machine.inf carries the
//   version of that file, which Microsoft stamps with the version of the Windows it ships in, as
//   the DriverVersion. machine.inf is never serviced by a vendor; devices left over from before an
//   upgrade keep the older version, so the highest counts. An image that never booted may have
//   none.
//
// Major and minor need either; devices of a newer line beside that service pack contradict it. The
// key DriverDatabase, which SYSTEM has since Windows 8, contradicts an older line: then only
// devices from before an upgrade are left. The build is only concluded where the line has one
// (9200, 9600) or the service pack tells it: CSDVersion 0x100 makes 6.1 build 7601. CSDVersion 0
// says nothing, as every Windows since 8 has it, so 7600 needs the revision 16385 too. machine.inf
// of Windows 10 keeps the number of the release it was first stamped for.
#include "src/windows/os_from_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "imgtools/bytes/text.h"

namespace goldhive::windows {
namespace {

constexpr std::string_view system_devices =
    "Control\\Class\\{4D36E97D-E325-11CE-BFC1-08002BE10318}";
constexpr std::size_t devices_looked_at = 1024;
constexpr VersionLine windows_7{6, 1};
constexpr VersionLine windows_8{6, 2};

std::optional<std::uint32_t> read_dword(const hive::Key& key, std::string_view name) {
  const auto value = key.value(name);
  if (!value || value->type() != hive::ValueType::dword || value->size() != 4) return std::nullopt;
  const Bytes data = value->data();
  return ByteView(data, 0, "DWORD").u32(0);
}

std::string read_text(const hive::Key& key, std::string_view name) {
  const auto value = key.value(name);
  constexpr std::uint32_t longest = 512;
  if (!value || value->type() != hive::ValueType::sz || value->size() > longest) return {};
  const Bytes data = value->data();
  std::string text = to_utf8(utf16_from_bytes(data));
  while (!text.empty() && text.back() == '\0') text.pop_back();
  return text;
}

/// "6.1.7601.17514" -> (6, 1)
std::optional<VersionLine> parse_line(const std::string& version) {
  VersionLine line;
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, line.first);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return std::nullopt;
  const auto minor = std::from_chars(major.ptr + 1, end, line.second);
  if (minor.ec != std::errc{} || minor.ptr == end || *minor.ptr != '.') return std::nullopt;
  return line;
}

/// The highest line among the system devices set up from machine.inf.
std::optional<VersionLine> line_of_devices(const hive::Key& control_set) {
  std::optional<VersionLine> highest;
  const auto devices = control_set.find_path(system_devices);
  if (!devices) return highest;
  std::size_t looked_at = 0;
  // Numbers of devices that were removed are missing, so those that are there are taken.
  for (const hive::Key& device : devices->subkeys([](const Error&) {})) {
    if (looked_at++ == devices_looked_at) break;
    if (!nt_equal(read_text(device, "InfPath"), "machine.inf")) continue;
    const auto line = parse_line(read_text(device, "DriverVersion"));
    if (line && (!highest || *line > *highest)) highest = line;
  }
  return highest;
}

std::uint32_t build_of(const VersionLine& line, const SystemTraces& traces) {
  if (line == windows_7 && traces.service_pack == 0x100U) return 7601;
  if (line == windows_7 && traces.service_pack == 0U && traces.revision == 16385U) return 7600;
  if (line == windows_8) return 9200;
  if (line == VersionLine{6, 3}) return 9600;
  return 0;
}

/// `read`, or nothing if the hive is broken there.
template <typename Read>
auto unless_broken(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

SystemTraces read_system_traces(const hive::Key& control_set) {
  SystemTraces traces;
  traces.devices = unless_broken([&] { return line_of_devices(control_set); });
  const auto key = unless_broken([&] { return control_set.find_path("Control\\Windows"); });
  if (!key) return traces;
  traces.service_pack = unless_broken([&] { return read_dword(*key, "CSDVersion"); });
  traces.revision = unless_broken([&] { return read_dword(*key, "CSDBuildNumber"); });
  return traces;
}

std::optional<SystemHints> os_from_system(const hive::Key& control_set, bool driver_database) {
  const SystemTraces traces = read_system_traces(control_set);
  const auto& devices = traces.devices;
  const bool sp1 = traces.is_windows_7_sp1();
  if (!devices && !sp1) return std::nullopt;
  SystemHints hints;
  if (sp1 && devices && *devices > windows_7) {
    hints.conflict = fmt::format(
        "SYSTEM has the service pack of Windows 7 (CSDBuildNumber 17514), but devices "
        "of Windows {}.{}",
        devices->first, devices->second);
    return hints;
  }
  const VersionLine line = sp1 ? windows_7 : *devices;
  hints.source = fmt::format("{}{}{}", devices == line ? "machine.inf of its devices" : "",
                             devices == line && sp1 ? ", " : "",
                             sp1 ? "CSDBuildNumber 17514 of Windows 7 SP1" : "");
  if (driver_database && line < windows_8) {
    hints.conflict = fmt::format(
        "SYSTEM has the key DriverDatabase, which Windows has since 8, but shows Windows {}.{} "
        "({})",
        line.first, line.second, hints.source);
    return hints;
  }
  std::tie(hints.major, hints.minor) = line;
  hints.build = build_of(line, traces);
  if (traces.service_pack.value_or(0) >= 0x100) hints.service_pack = *traces.service_pack >> 8;
  return hints;
}

}  // namespace goldhive::windows
