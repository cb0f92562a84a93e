#include "tests/policy/literal_facts.h"

#include <stdexcept>

#include "src/windows/cbs_packages.h"

namespace goldhive::testing {

using windows::Architecture;
using windows::Family;
using windows::HiveName;
using windows::Presence;
using windows::Side;
using windows::View;

namespace {

windows::ValueFact absent(std::string key, std::string value) {
  windows::ValueFact fact;
  fact.key = std::move(key);
  fact.value = std::move(value);
  fact.key_presence = Presence::absent;
  fact.presence = Presence::absent;
  return fact;
}

windows::WinHttpFacts winhttp(View view) {
  const std::string wow64 = view == View::wow64 ? "Wow6432Node\\" : "";
  return {view, absent("HKLM\\SOFTWARE\\" + wow64 +
                           "Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp",
                       "DefaultSecureProtocols")};
}

void add_schannel(windows::Installation& installation, std::uint32_t set) {
  for (const char* protocol : {"SSL 2.0", "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2"}) {
    for (const Side side : {Side::client, Side::server}) {
      const std::string key = "HKLM\\SYSTEM\\ControlSet00" + std::to_string(set) +
                              "\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\" + protocol +
                              (side == Side::client ? "\\Client" : "\\Server");
      installation.schannel.push_back(
          {set, protocol, side, absent(key, "Enabled"), absent(key, "DisabledByDefault")});
    }
  }
}

/// The standalone settings of one control set, or with 0 those outside of control sets, absent.
void add_settings(windows::Installation& installation, std::uint32_t set) {
  for (const windows::Setting* setting : windows::settings::standalone) {
    for (const windows::SettingPlace& place : windows::places_of(*setting, installation)) {
      if (place.control_set != set) continue;
      windows::SettingFact fact = windows::fact_at(*setting, place);
      fact.value = absent(std::string("HKLM\\") + windows::to_string(setting->hive) + "\\" +
                              windows::key_of(*setting, place),
                          std::string(setting->value));
      installation.settings.push_back(std::move(fact));
    }
  }
}

windows::FileVersion original_version(Family family) {
  return family == Family::windows_8 ? windows::FileVersion{6, 2, 9200, 16384}
                                     : windows::FileVersion{6, 1, 7601, 17514};
}

void version_of(Family family, windows::OsFacts& os) {
  switch (family) {
    case Family::xp:
      os.major = 5, os.minor = 1, os.version = "5.1";
      break;
    case Family::vista:
      os.major = 6, os.minor = 0, os.version = "6.0";
      break;
    case Family::windows_8:
      os.major = 6, os.minor = 2, os.version = "6.2";
      break;
    case Family::windows_8_1:
      os.major = 6, os.minor = 3, os.version = "6.3";
      break;
    case Family::windows_10:
      os.major = 10, os.minor = 0, os.version = "10.0";
      break;
    default:
      os.major = 6, os.minor = 1, os.version = "6.1";
      break;
  }
}

}  // namespace

windows::Installation fresh(Family family, std::uint32_t build, Architecture architecture) {
  windows::Installation i;
  i.id = "image";
  i.root = "/";
  i.windows_directory = "Windows";
  for (const HiveName name : {HiveName::software, HiveName::system}) {
    windows::HiveFact hive;
    hive.name = name;
    hive.missing = false;
    hive.state = hive::HiveState::clean;
    i.hives.push_back(hive);
  }
  version_of(family, i.os);
  i.os.family = family;
  i.os.build = build;
  i.os.architecture = architecture;
  if (build == 7601) i.os.service_pack = 1;
  if (family == Family::windows_7) {
    i.os.sp1 = {build >= 7601 ? Presence::present : Presence::absent,
                "build " + std::to_string(build), ""};
  }
  i.winpe = family == Family::winpe;
  i.control_sets.current = 1;
  i.control_sets.default_ = 1;
  i.control_sets.failed = 0;
  i.control_sets.last_known_good = 1;
  i.control_sets.present = {1};
  i.control_sets.boots = 1;
  add_schannel(i, 1);
  add_settings(i, 0);
  add_settings(i, 1);
  i.winhttp.push_back(winhttp(View::native));
  if (windows::is_64_bit(architecture)) i.winhttp.push_back(winhttp(View::wow64));
  for (const auto& view : i.winhttp) {
    const std::string folder = view.view == View::native ? "System32" : "SysWOW64";
    for (const char* module : {"winhttp.dll", "webio.dll"}) {
      windows::FileVersionFact f;
      f.path = "Windows/" + folder + "/" + module;
      f.module = module;
      f.view = view.view;
      f.presence = Presence::present;
      f.version = original_version(family);
      i.servicing.files.push_back(f);
    }
  }
  i.servicing.winners_presence = Presence::absent;
  i.servicing.packages_presence = Presence::present;
  i.servicing.pending_xml = Presence::absent;
  i.servicing.reboot_pending = Presence::absent;
  return i;
}

windows::Installation windows_7() { return fresh(Family::windows_7, 7601); }

windows::Installation compliant_windows_7() {
  windows::Installation i = windows_7();
  set_dword(secure_protocols(i, View::native), 0xA00);
  set_dword(secure_protocols(i, View::wow64), 0xA00);
  set_dword(schannel(i, 1, "TLS 1.1").disabled_by_default, 0);
  set_dword(schannel(i, 1, "TLS 1.2").disabled_by_default, 0);
  set_files(i, {6, 1, 7601, 23375});
  i.servicing.packages.push_back(
      package("Package_for_KB3140245~31bf3856ad364e35~amd64~~6.1.1.1", 0x70));
  return i;
}

void add_control_set(windows::Installation& installation, std::uint32_t number) {
  installation.control_sets.present.push_back(number);
  add_schannel(installation, number);
  add_settings(installation, number);
}

windows::ValueFact& secure_protocols(windows::Installation& installation, View view) {
  for (auto& f : installation.winhttp) {
    if (f.view == view) return f.default_secure_protocols;
  }
  throw std::out_of_range("no such view");
}

windows::SchannelFacts& schannel(windows::Installation& installation, std::uint32_t set,
                                 std::string_view protocol, Side side) {
  for (auto& f : installation.schannel) {
    if (f.control_set == set && f.protocol == protocol && f.side == side) return f;
  }
  throw std::out_of_range("no such Schannel facts");
}

windows::ValueFact& setting_value(windows::Installation& installation,
                                  const windows::Setting& setting, std::uint32_t set,
                                  std::string_view name) {
  for (auto& f : installation.settings) {
    if (f.setting == &setting && f.control_set == set && (name.empty() || f.name == name)) {
      return f.value;
    }
  }
  throw std::out_of_range("no such setting");
}

windows::PackageFact package(const std::string& identity, std::optional<std::uint32_t> state) {
  const auto parsed = windows::parse_package_identity(identity);
  if (!parsed) throw std::invalid_argument(identity);
  return {identity,          parsed->kb,
          parsed->top_level, parsed->architecture,
          parsed->version,   state ? Presence::present : Presence::absent,
          state.value_or(0)};
}

void set_files(windows::Installation& installation, windows::FileVersion version) {
  for (auto& f : installation.servicing.files) f.version = version;
}

windows::FileVersionFact& file(windows::Installation& installation, View view,
                               std::string_view module) {
  for (auto& f : installation.servicing.files) {
    if (f.view == view && f.module == module) return f;
  }
  throw std::out_of_range("no such file");
}

void set_dword(windows::ValueFact& fact, std::uint32_t number) {
  Bytes data(4);
  put_u32(data, 0, number);
  set_data(fact, hive::ValueType::dword, std::move(data));
}

void set_data(windows::ValueFact& fact, hive::ValueType type, Bytes data) {
  fact.key_presence = Presence::present;
  fact.presence = Presence::present;
  fact.type = type;
  fact.data = std::move(data);
}

void set_unknown(windows::ValueFact& fact, std::string why) {
  fact.key_presence = Presence::unknown;
  fact.presence = Presence::unknown;
  fact.why_unknown = std::move(why);
}

void remove_hive(windows::Installation& installation, HiveName name) {
  const std::string why = std::string(windows::to_string(name)) + " is missing";
  for (auto& hive : installation.hives) {
    if (hive.name != name) continue;
    hive = {};
    hive.name = name;
  }
  std::erase_if(installation.settings, [&](const windows::SettingFact& f) {
    return f.setting->hive == name && f.control_set != 0;
  });
  for (auto& f : installation.settings) {
    if (f.setting->hive == name) set_unknown(f.value, why);
  }
  if (name == HiveName::software) {
    for (auto& f : installation.winhttp) set_unknown(f.default_secure_protocols, why);
    installation.servicing.winners_presence = Presence::unknown;
    installation.servicing.packages_presence = Presence::unknown;
    installation.servicing.reboot_pending = Presence::unknown;
    installation.servicing.why_unknown = why;
  } else {
    installation.control_sets = {};
    installation.schannel.clear();
  }
}

std::vector<policy::Finding> rows_of(const std::vector<policy::Finding>& findings,
                                     std::string_view id) {
  std::vector<policy::Finding> rows;
  for (const auto& f : findings) {
    if (f.id == id) rows.push_back(f);
  }
  return rows;
}

std::vector<policy::Finding> baseline_rows(const windows::Installation& installation,
                                           std::string_view id) {
  return rows_of(policy::evaluate(installation, policy::builtin_policy("baseline"), today), id);
}

}  // namespace goldhive::testing
