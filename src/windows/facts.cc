#include "src/windows/facts.h"

#include <fmt/format.h>

namespace goldhive::windows {

std::optional<std::uint32_t> ValueFact::dword() const {
  if (presence != Presence::present || type != hive::ValueType::dword || data.size() != 4) {
    return std::nullopt;
  }
  return ByteView(data, 0, value).u32(0);
}

const char* to_string(HiveName name) { return name == HiveName::software ? "SOFTWARE" : "SYSTEM"; }

bool HiveFact::unread() const {
  return error && (error->kind() == ErrorKind::io || error->kind() == ErrorKind::refused ||
                   error->kind() == ErrorKind::unsupported);
}

std::string trouble_of(const HiveFact& hive) {
  if (hive.missing) return fmt::format("{} is missing", to_string(hive.name));
  return fmt::format("{} {}{}{}", to_string(hive.name),
                     hive.unread() ? "could not be read" : "is damaged",
                     hive.reason.empty() ? "" : ": ", hive.reason);
}

const char* to_string(Architecture a) {
  switch (a) {
    case Architecture::x86:
      return "x86";
    case Architecture::amd64:
      return "amd64";
    case Architecture::ia64:
      return "ia64";
    case Architecture::arm:
      return "arm";
    case Architecture::arm64:
      return "arm64";
    case Architecture::unknown:
      break;
  }
  return "unknown";
}

const char* to_string(Family f) {
  switch (f) {
    case Family::nt_4:
      return "windows-nt-4.0";
    case Family::windows_2000:
      return "windows-2000";
    case Family::xp:
      return "windows-xp";
    case Family::vista:
      return "windows-vista";
    case Family::windows_7:
      return "windows-7";
    case Family::windows_8:
      return "windows-8";
    case Family::windows_8_1:
      return "windows-8.1";
    case Family::windows_10:
      return "windows-10";
    case Family::winpe:
      return "winpe";
    case Family::unknown:
      break;
  }
  return "unknown";
}

std::optional<std::uint32_t> ControlSetFacts::to_ask() const {
  return boots || present.empty() ? boots : present.front();
}

const char* to_string(View v) {
  switch (v) {
    case View::native:
      return "native";
    case View::wow64:
      return "wow64";
    case View::wowaa32:
      break;
  }
  return "wowaa32";
}

Presence has_view(const OsFacts& os, View view) {
  if (view == View::native) return Presence::present;
  if (view == View::wowaa32) {
    return os.architecture == Architecture::arm64 ? os.wowaa32 : Presence::absent;
  }
  if (os.architecture == Architecture::unknown) return Presence::unknown;
  return is_64_bit(os.architecture) ? os.wow64 : Presence::absent;
}

const char* to_string(Side s) { return s == Side::client ? "client" : "server"; }

std::string to_string(const FileVersion& v) {
  return fmt::format("{}.{}.{}.{}", v.major, v.minor, v.build, v.revision);
}

std::vector<const SettingFact*> facts_of(const Installation& installation, const Setting& setting) {
  std::vector<const SettingFact*> found;
  for (const SettingFact& fact : installation.settings) {
    if (fact.setting == &setting) found.push_back(&fact);
  }
  return found;
}

namespace {

/// `installation` may be const, and then the facts are.
template <typename Facts, typename Visit>
void visit_values(Facts& installation, const Visit& visit) {
  for (auto& facts : installation.winhttp) visit(facts.default_secure_protocols);
  for (auto& facts : installation.schannel) {
    visit(facts.enabled);
    visit(facts.disabled_by_default);
  }
  for (auto& facts : installation.dotnet) {
    visit(facts.strong_crypto);
    visit(facts.system_default_tls);
  }
  for (auto& facts : installation.wininet) visit(facts.secure_protocols);
  for (auto& fact : installation.settings) visit(fact.value);
}

}  // namespace

void for_each_value(Installation& installation, const std::function<void(ValueFact&)>& visit) {
  visit_values(installation, visit);
}

void for_each_value(const Installation& installation,
                    const std::function<void(const ValueFact&)>& visit) {
  visit_values(installation, visit);
}

}  // namespace goldhive::windows
