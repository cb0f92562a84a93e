// An identity is name~publicKeyToken~architecture~language~version. An update's package is called
// Package_for_KB3140245. Its parts are Package_1_for_KB3140245 and so on, and those with _RTM,
// _SP1, _BF or _GM behind the number. Monthly rollups are Package_for_RollupFix or carry their KB
// number. No digit may follow the KB number: KB31402450 is another update.
#include "src/windows/cbs_packages.h"

#include <algorithm>
#include <array>

#include "imgtools/bytes/text.h"
#include "src/windows/registry.h"
#include "src/windows/version_numbers.h"

namespace goldhive::windows {
namespace {

constexpr std::string_view microsoft_token = "31bf3856ad364e35";
/// Later updates that may hold the files of KB3140245. None was shown to do so (docs/rules.md, B8,
/// I10). Sorted.
/// - Monthly rollups and their previews (cumulative), from 2016-10 to 2018-01; security-only ones
///   say nothing about WinHTTP and are not here. Later ones are named RollupFix; some are known to
///   have members under their number all the same (2018-10, 2019-04). Rule B9.
/// - KB3125574, the convenience rollup of April 2016; KB3161608, KB3172605 and KB3179573, those of
///   the summer of 2016; KB3161949 (MS16-077), which changes WinHTTP. Rule B8.
constexpr std::array<std::uint32_t, 45> later_updates = {
    3125574, 3161608, 3161949, 3172605, 3179573, 3185330, 3185332, 3192403, 3192406,
    3197868, 3197869, 3197877, 3197878, 3205409, 3207752, 3212646, 4012215, 4012217,
    4012218, 4012220, 4015549, 4015551, 4015552, 4019216, 4019264, 4019265, 4022168,
    4022719, 4022724, 4025331, 4025340, 4025341, 4034664, 4034665, 4034670, 4038777,
    4038799, 4038803, 4041681, 4041686, 4041690, 4056894, 4057400, 4462923, 4493472};

bool tells_something(std::uint32_t kb) {
  return kb == 0 || kb == kb_winhttp || kb == kb_service_pack_1 || kb == kb_schannel_2008 ||
         std::binary_search(later_updates.begin(), later_updates.end(), kb);
}

/// Cuts `prefix` off the front of `text`, in any case; false if it is not there.
bool cut(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || !nt_equal(text.substr(0, prefix.size()), prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::optional<std::uint32_t> cut_number(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, end));
  if (number) text.remove_prefix(end);
  return number;
}

/// "_RTM", "_SP1", "_BF", "_GM", in any number.
bool only_suffixes(std::string_view text) {
  while (!text.empty()) {
    if (cut(text, "_SP")) {
      if (!cut_number(text)) return false;
    } else if (!cut(text, "_RTM") && !cut(text, "_BF") && !cut(text, "_GM")) {
      return false;
    }
  }
  return true;
}

std::optional<PackageIdentity> parse_name(std::string_view name) {
  PackageIdentity identity;
  if (!cut(name, "Package_")) return std::nullopt;
  if (cut_number(name)) {
    identity.top_level = false;
    if (!cut(name, "_")) return std::nullopt;
  }
  if (!cut(name, "for_")) return std::nullopt;
  if (!cut(name, "RollupFix")) {
    if (!cut(name, "KB")) return std::nullopt;
    const auto kb = cut_number(name);
    if (!kb) return std::nullopt;
    identity.kb = *kb;
  }
  if (!only_suffixes(name)) return std::nullopt;
  identity.top_level = identity.top_level && name.empty();
  return identity;
}

PackageFact read_package(const hive::Key& key, const PackageIdentity& identity) {
  PackageFact fact;
  fact.identity = key.name_utf8();
  fact.kb = identity.kb;
  fact.top_level = identity.top_level;
  fact.architecture = identity.architecture;
  fact.version = identity.version;
  KeyLookup lookup;
  lookup.presence = Presence::present;
  lookup.key = key;
  const ValueFact state = value_of(lookup, "CurrentState");
  fact.state_presence = state.presence;
  if (state.presence == Presence::present) {
    if (const auto number = state.dword()) {
      fact.state = *number;
    } else {
      fact.state_presence = Presence::unknown;
    }
  }
  return fact;
}

}  // namespace

std::optional<PackageIdentity> parse_package_identity(std::string_view identity) {
  std::array<std::string_view, 5> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = identity.find('~');
    if ((end == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
    parts.at(i) = identity.substr(0, end);
    identity.remove_prefix(std::min(identity.size(), parts.at(i).size() + 1));
  }
  const auto& [name, token, architecture, language, version] = parts;
  if (!nt_equal(token, microsoft_token)) return std::nullopt;
  auto found = parse_name(name);
  const auto parsed_version = parse_file_version(version);
  if (!found || !parsed_version) return std::nullopt;
  found->version = *parsed_version;
  constexpr std::array architectures = {Architecture::amd64, Architecture::x86, Architecture::ia64,
                                        Architecture::arm, Architecture::arm64};
  for (const Architecture known : architectures) {
    if (nt_equal(architecture, to_string(known))) found->architecture = known;
  }
  if (found->architecture == Architecture::unknown) return std::nullopt;
  return found;
}

std::vector<PackageFact> list_packages(const hive::Key& packages, std::string_view prefix) {
  std::vector<PackageFact> found;
  for (const hive::Key& key : packages.find_prefix(prefix)) {
    const auto identity = parse_package_identity(key.name_utf8());
    if (identity && tells_something(identity->kb)) found.push_back(read_package(key, *identity));
  }
  return found;
}

}  // namespace goldhive::windows
