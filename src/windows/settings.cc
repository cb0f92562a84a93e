#include "src/windows/settings.h"

#include <algorithm>
#include <optional>

#include "imgtools/bytes/text.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('\\', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// "Control\...\Protocols\*\*"
std::string pattern_of(const Setting& setting) {
  std::string pattern(setting.key);
  if (!setting.subkey.empty()) pattern.append("\\").append(setting.subkey);
  return pattern;
}

bool names_one_of(Names names, std::string_view part) {
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return nt_equal(name, part); });
}

/// The parts of a key below the view or the control set; nullopt if it stands in none.
std::optional<std::vector<std::string_view>> parts_in_scope(Scope scope, std::string_view key) {
  std::vector<std::string_view> parts = parts_of(key);
  const bool in_other_view = nt_equal(parts.front(), key_of_view(View::wow64)) ||
                             nt_equal(parts.front(), key_of_view(View::wowaa32));
  const bool in_set = control_set_number(parts.front()).has_value();
  if (scope == Scope::control_sets && !in_set) return std::nullopt;
  if (scope == Scope::control_sets || (scope == Scope::views && in_other_view)) {
    parts.erase(parts.begin());
  }
  return parts;
}

bool is_key_of(const Setting& setting, std::string_view key) {
  const auto found = parts_in_scope(setting.scope, key);
  const std::string pattern = pattern_of(setting);
  const std::vector<std::string_view> wanted = parts_of(pattern);
  if (!found || found->size() != wanted.size()) return false;
  std::size_t star = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool same = wanted[i] == "*" ? names_one_of(setting.names.at(star++), (*found)[i])
                                       : nt_equal(wanted[i], (*found)[i]);
    if (!same) return false;
  }
  return true;
}

/// Every choice of a name for each star, the last one changing first.
std::vector<std::vector<std::string_view>> choices_of(const Setting& setting) {
  std::vector<std::vector<std::string_view>> choices = {{}};
  for (const Names names : setting.names) {
    if (names.empty()) break;
    std::vector<std::vector<std::string_view>> longer;
    for (const auto& choice : choices) {
      for (const std::string_view name : names) {
        longer.push_back(choice);
        longer.back().push_back(name);
      }
    }
    choices = std::move(longer);
  }
  return choices;
}

}  // namespace

std::string key_of(const Setting& setting, const SettingPlace& place) {
  std::string key;
  std::size_t star = 0;
  for (const char c : pattern_of(setting)) {
    if (c == '*') {
      key += place.names.at(star++);
    } else {
      key += c;
    }
  }
  if (setting.scope == Scope::views) return in_view(place.view, key);
  if (setting.scope == Scope::control_sets) return in_control_set(place.control_set, key);
  return key;
}

std::vector<SettingPlace> places_of(const Setting& setting, const Installation& installation) {
  std::vector<SettingPlace> scopes;
  if (setting.scope == Scope::control_sets) {
    for (const std::uint32_t set : installation.control_sets.present) {
      scopes.push_back({View::native, set, {}});
    }
  } else {
    for (const View view : all_views) {
      const bool once = setting.scope == Scope::once;
      if (view != View::native && (once || has_view(installation.os, view) == Presence::absent)) {
        continue;
      }
      scopes.push_back({view, 0, {}});
    }
  }
  std::vector<SettingPlace> places;
  for (SettingPlace& place : scopes) {
    for (auto& names : choices_of(setting)) {
      place.names = std::move(names);
      places.push_back(place);
    }
  }
  return places;
}

const Setting* find_setting(HiveName hive, std::string_view key, std::string_view value) {
  for (const std::span<const Setting* const> list :
       {std::span<const Setting* const>(settings::with_topic),
        std::span<const Setting* const>(settings::standalone)}) {
    for (const Setting* setting : list) {
      if (setting->hive == hive && nt_equal(setting->value, value) && is_key_of(*setting, key)) {
        return setting;
      }
    }
  }
  return nullptr;
}

SettingFact fact_at(const Setting& setting, const SettingPlace& place) {
  SettingFact fact;
  fact.setting = &setting;
  fact.view = place.view;
  fact.control_set = place.control_set;
  for (const std::string_view name : place.names) {
    if (!fact.name.empty()) fact.name += '\\';
    fact.name += name;
  }
  return fact;
}

KeyLookup SettingReader::find_key(const Setting& setting, const SettingPlace& place) {
  const RegistryHive& hive =
      setting.hive == HiveName::software ? sources_.software : sources_.system;
  const std::string key = key_of(setting, place);
  const std::size_t slash = key.rfind('\\');
  if (above_ == nullptr || hive_ != &hive || key.compare(0, slash, path_above_) != 0) {
    hive_ = &hive;
    path_above_ = key.substr(0, slash);
    above_ = &hive.key(path_above_);
  }
  return hive.below(*above_, std::string_view(key).substr(slash + 1));
}

ValueFact SettingReader::read(const Setting& setting, const SettingPlace& place) {
  return value_of(find_key(setting, place), setting.value, setting.longest);
}

void read_standalone(const Sources& sources, Installation& installation) {
  SettingReader reader(sources);
  for (const Setting* setting : settings::standalone) {
    for (const SettingPlace& place : places_of(*setting, installation)) {
      SettingFact fact = fact_at(*setting, place);
      fact.value = reader.read(*setting, place);
      installation.settings.push_back(std::move(fact));
    }
  }
}

}  // namespace goldhive::windows
