// SYSTEM holds several complete configurations, ControlSet001 and so on. The key Select says by
// number which one is used for what: Default at the next boot, Current was used at the last one,
// LastKnownGood is the fallback. CurrentControlSet is a link the kernel makes in memory; it is
// never in the file. So offline the truth is Select\Default (docs/rules.md, C8; KB102984).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/windows/topics.h"

namespace goldhive::windows {
namespace {

constexpr std::string_view set_prefix = "ControlSet";

std::string list_sets(const std::vector<std::uint32_t>& sets) {
  std::string text;
  for (const std::uint32_t set : sets) text += (text.empty() ? "" : ", ") + control_set_name(set);
  return text;
}

/// Without a usable Select\Default only a single set leaves no doubt.
void fall_back(const std::string& why, ControlSetFacts& facts) {
  if (facts.present.size() == 1) {
    facts.boots = facts.present.front();
    facts.note =
        fmt::format("{}; {} is the only set", why, control_set_name(facts.present.front()));
  } else if (facts.present.empty()) {
    facts.error = why + "; there is no control set";
  } else {
    facts.error =
        fmt::format("{}, and there is more than one set: {}", why, list_sets(facts.present));
  }
}

/// `chosen` is the value Default of Select.
void choose(const KeyLookup& select, const ValueFact& chosen, ControlSetFacts& facts) {
  if (select.presence == Presence::unknown || select.is_link) {
    facts.error = select.why_unknown.empty() ? "Select is a symbolic link" : select.why_unknown;
    return;
  }
  if (select.presence == Presence::absent) return fall_back("Select is missing", facts);
  if (chosen.presence == Presence::unknown) {
    facts.error = chosen.why_unknown;
    return;
  }
  if (!facts.default_) return fall_back("Select has no usable value Default", facts);
  if (std::find(facts.present.begin(), facts.present.end(), *facts.default_) ==
      facts.present.end()) {
    facts.error = fmt::format("Select\\Default names {}, which does not exist; present: {}",
                              control_set_name(*facts.default_),
                              facts.present.empty() ? "none" : list_sets(facts.present));
    return;
  }
  facts.boots = facts.default_;
  if (facts.boots_another()) {
    facts.note = fmt::format(
        "the last boot used {} (Select\\Current), the next one uses {} "
        "(Select\\Default)",
        control_set_name(*facts.current), control_set_name(*facts.default_));
  } else if (facts.failed.value_or(0) != 0) {
    facts.note = fmt::format("{} failed to boot (Select\\Failed)", control_set_name(*facts.failed));
  }
}

}  // namespace

std::string control_set_name(std::uint32_t number) {
  return fmt::format("{}{:03}", set_prefix, number);
}

std::string in_control_set(std::uint32_t set, std::string_view below) {
  return control_set_name(set) + (below.empty() ? "" : "\\") + std::string(below);
}

std::optional<std::uint32_t> control_set_number(std::string_view name) {
  std::uint32_t number = 0;
  if (name.size() <= set_prefix.size()) return std::nullopt;
  const char* end = name.data() + name.size();
  const auto [stop, problem] = std::from_chars(name.data() + set_prefix.size(), end, number);
  if (problem != std::errc() || stop != end || number < 1 || number > 999) return std::nullopt;
  if (!nt_equal(control_set_name(number), name)) return std::nullopt;
  return number;
}

void read_control_sets(const Sources& sources, Installation& installation) {
  if (!sources.system.readable()) return;
  ControlSetFacts& facts = installation.control_sets;
  const KeyLookup& select = sources.system.key("Select");
  facts.current = value_of(select, "Current").dword();
  const ValueFact chosen = value_of(select, "Default");
  facts.default_ = chosen.dword();
  facts.failed = value_of(select, "Failed").dword();
  facts.last_known_good = value_of(select, "LastKnownGood").dword();

  std::vector<std::string> problems;
  for (const hive::Key& key :
       subkeys_with_prefix(*sources.system.key("").key, set_prefix, problems)) {
    if (const auto number = control_set_number(key.name_utf8())) facts.present.push_back(*number);
  }
  std::sort(facts.present.begin(), facts.present.end());
  if (!problems.empty()) {
    facts.error = "the control sets cannot be listed: " + problems.front();
    return;
  }
  choose(select, chosen, facts);
}

}  // namespace goldhive::windows
