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
// Major and minor need either; if both are there they must agree. The build is only concluded where
// the line has one (9200, 9600) or the service pack tells it (7600, 7601): machine.inf of Windows
// 10 keeps the number of the release it was first stamped for.
#include "src/windows/os_from_system.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "imgtools/bytes/text.h"

namespace goldhive::windows {
namespace {

using VersionLine = std::pair<std::uint32_t, std::uint32_t>;  // major, minor

constexpr std::string_view system_devices =
    "Control\\Class\\{4D36E97D-E325-11CE-BFC1-08002BE10318}";
constexpr int devices_looked_at = 32;

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
  for (int i = 0; i < devices_looked_at; ++i) {
    const auto device = devices->find(fmt::format("{:04}", i));
    if (!device) break;
    if (!nt_equal(read_text(*device, "InfPath"), "machine.inf")) continue;
    const auto line = parse_line(read_text(*device, "DriverVersion"));
    if (line && (!highest || *line > *highest)) highest = line;
  }
  return highest;
}

struct ServicePack {
  std::optional<std::uint32_t> version;  ///< 0x100 for SP1
  std::optional<std::uint32_t> revision;
  bool is_windows_7_sp1() const { return version == 0x100U && revision == 17514U; }
};

ServicePack read_service_pack(const hive::Key& control_set) {
  const auto key = control_set.find_path("Control\\Windows");
  if (!key) return {};
  return {read_dword(*key, "CSDVersion"), read_dword(*key, "CSDBuildNumber")};
}

std::uint32_t build_of(const VersionLine& line, const ServicePack& pack) {
  if (line == VersionLine{6, 1} && pack.version) return *pack.version >= 0x100 ? 7601 : 7600;
  if (line == VersionLine{6, 2}) return 9200;
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

std::optional<SystemHints> os_from_system(const hive::Key& control_set) {
  const auto devices = unless_broken([&] { return line_of_devices(control_set); });
  const auto pack = unless_broken([&] { return read_service_pack(control_set); });
  SystemHints hints;
  if (pack.is_windows_7_sp1() && devices && *devices != VersionLine{6, 1}) {
    hints.conflict = fmt::format(
        "SYSTEM has the service pack of Windows 7 (CSDBuildNumber 17514), but devices "
        "of Windows {}.{}",
        devices->first, devices->second);
    return hints;
  }
  if (!devices && !pack.is_windows_7_sp1()) return std::nullopt;
  const VersionLine line = devices.value_or(VersionLine{6, 1});
  std::tie(hints.major, hints.minor) = line;
  hints.build = build_of(line, pack);
  if (pack.version && *pack.version >= 0x100) hints.service_pack = *pack.version >> 8;
  hints.source =
      fmt::format("{}{}{}", devices ? "machine.inf of its devices" : "",
                  devices && pack.is_windows_7_sp1() ? ", " : "",
                  pack.is_windows_7_sp1() ? "CSDBuildNumber 17514 of Windows 7 SP1" : "");
  return hints;
}

}  // namespace goldhive::windows
