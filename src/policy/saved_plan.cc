#include "src/policy/saved_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/policy/finding_parts.h"

namespace goldhive::policy {
namespace {

using windows::Installation;
using windows::Presence;
using windows::ValueFact;
using Entry = SavedPlan::Entry;

/// The fact at the place of an edit; null if none was read there.
const ValueFact* find_fact(const Installation& installation, const Edit& edit) {
  const ValueFact* found = nullptr;
  windows::for_each_value(installation, [&](const ValueFact& fact) {
    const auto where = split_key(fact.key);
    if (!where || where->hive != edit.hive) return;
    if (nt_equal(where->path, edit.key) && nt_equal(fact.value, edit.value)) found = &fact;
  });
  return found;
}

std::string describe(const std::optional<Edit::Data>& data) {
  if (!data) return "no value";
  if (data->type == hive::ValueType::dword && data->data.size() == 4) {
    return hex(ByteView(data->data, 0, "DWORD").u32(0));
  }
  return fmt::format("{} of {} bytes", hive::to_string(data->type), data->data.size());
}

std::string why_not(const Edit& edit, const Installation& installation) {
  const std::string place = fmt::format("{}\\{}\\{}", to_string(edit.hive), edit.key, edit.value);
  const ValueFact* fact = find_fact(installation, edit);
  if (fact == nullptr) return fmt::format("changes {}, which has no meaning here", place);
  if (fact->presence == Presence::unknown)
    return fmt::format("changes {}, which could not be read here", place);
  std::optional<Edit::Data> found;
  if (fact->presence == Presence::present) found = Edit::Data{fact->type, fact->data};
  if (found == edit.before) return "";
  return fmt::format("expects {} at {}, and here is {}{}", describe(edit.before), place,
                     describe(found), found == edit.after ? ", which it would set" : "");
}

/// What leads from the target of an entry to its installation.
std::string_view rest_of(const Entry& entry) {
  const std::string_view id = entry.installation;
  return id.starts_with(entry.target) ? id.substr(entry.target.size()) : id;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::refused, why, path);
}

/// The installation that the entry is for; nullopt if it fits none.
std::optional<std::size_t> find_installation(const Entry& entry, const std::string& path,
                                             const std::vector<const Installation*>& candidates) {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!why_not(entry, *candidates[i]).empty()) continue;
    if (candidates[i]->id == path + std::string(rest_of(entry))) return i;
    fitting.push_back(i);
  }
  if (fitting.empty()) return std::nullopt;
  if (fitting.size() == 1) return fitting.front();
  refuse(path, fmt::format("the plan's changes for {} fit {} installations of this target ({}, {}"
                           "{}): name the one that is meant",
                           entry.installation, fitting.size(), candidates[fitting[0]]->id,
                           candidates[fitting[1]]->id, fitting.size() > 2 ? ", ..." : ""));
}

[[noreturn]] void refuse_foreign(const SavedPlan& plan, const std::string& path,
                                 const std::vector<const Installation*>& installations) {
  const Installation& here = *installations.front();
  const auto same_place = [&](const Entry& entry) {
    return here.id == path + std::string(rest_of(entry));
  };
  auto nearest = std::find_if(plan.entries.begin(), plan.entries.end(), [&](const Entry& entry) {
    return same_place(entry) && entry.system == system_of(here);
  });
  if (nearest == plan.entries.end()) {
    nearest = std::find_if(plan.entries.begin(), plan.entries.end(), same_place);
  }
  if (nearest == plan.entries.end()) nearest = plan.entries.begin();
  std::string others;
  if (plan.entries.size() > 1) {
    others = fmt::format(" (nor does any of its {} other entries fit)", plan.entries.size() - 1);
  }
  refuse(path, fmt::format("the plan does not fit {}: its entry for {} {}{}", here.id,
                           nearest->installation, why_not(*nearest, here), others));
}

}  // namespace

std::string system_of(const Installation& installation) {
  return fmt::format("{}.{} {}", installation.os.version, installation.os.build,
                     to_string(installation.os.architecture));
}

std::string why_not(const Entry& entry, const Installation& installation) {
  if (entry.system.empty()) {
    return "was saved by an older goldhive, which fits only the target of the same name";
  }
  if (const std::string here = system_of(installation); entry.system != here) {
    return fmt::format("is for Windows {}, and this is {}", entry.system, here);
  }
  for (const Edit& edit : entry.edits) {
    if (std::string why = why_not(edit, installation); !why.empty()) return why;
  }
  return "";
}

std::vector<const Entry*> assign(const SavedPlan& plan, const std::string& path,
                                 const std::vector<const Installation*>& installations) {
  std::vector<const Entry*> assigned(installations.size(), nullptr);
  bool any = plan.entries.empty();
  for (std::size_t i = 0; i < installations.size(); ++i) {
    for (const Entry& entry : plan.entries) {
      if (entry.installation != installations[i]->id) continue;
      assigned[i] = &entry;
      any = true;
    }
  }
  if (any) return assigned;
  for (const Entry& entry : plan.entries) {
    const auto at = find_installation(entry, path, installations);
    if (!at) continue;
    any = true;
    if (assigned[*at] != nullptr && assigned[*at]->edits != entry.edits) {
      refuse(path,
             fmt::format("two entries of the plan fit {} and would make different changes: "
                         "those for {} and for {}",
                         installations[*at]->id, assigned[*at]->installation, entry.installation));
    }
    assigned[*at] = &entry;
  }
  if (!any) refuse_foreign(plan, path, installations);
  return assigned;
}

}  // namespace goldhive::policy
