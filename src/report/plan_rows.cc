#include "src/report/plan_rows.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "src/report/printable.h"
#include "src/report/text_layout.h"
#include "src/windows/settings.h"

namespace goldhive::report {
namespace {

namespace settings = windows::settings;

/// What a setting is a part of.
struct Subject {
  std::string name;
  std::vector<std::string> views;  ///< of those that a 64-bit Windows has several of
};

std::vector<std::string_view> parts_of_key(std::string_view key) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= key.size();) {
    const std::size_t end = std::min(key.find('\\', at), key.size());
    parts.push_back(key.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

std::string subject_of(const policy::Edit& edit) {
  const windows::Setting* setting = windows::find_setting(edit.hive, edit.key, edit.value);
  if (setting == &settings::default_secure_protocols) return "WinHTTP";
  if (setting == &settings::strong_crypto || setting == &settings::system_default_tls) {
    return ".NET";
  }
  if (setting == &settings::machine_secure_protocols ||
      setting == &settings::policy_secure_protocols) {
    return "WinINet";
  }
  const std::vector<std::string_view> parts = parts_of_key(edit.key);
  const bool of_protocol =
      setting == &settings::schannel_enabled || setting == &settings::schannel_disabled_by_default;
  if (of_protocol && parts.size() > 1) {
    const std::string protocol(parts[parts.size() - 2]);
    return nt_equal(parts.back(), "Server") ? protocol + " server" : protocol;
  }
  return setting == nullptr ? edit.value : std::string(parts.back());
}

const char* view_of(const policy::Edit& edit) {
  const std::vector<std::string_view> parts = parts_of_key(edit.key);
  if (nt_equal(parts.front(), "Wow6432Node")) return "WoW64";
  return nt_equal(parts.front(), "WowAA32Node") ? "WowAA32" : "native";
}

}  // namespace

std::string describe_changes(const InstallationReport& plan) {
  if (!plan.changes || plan.changes->empty()) return "nothing";
  std::vector<Subject> subjects;
  for (const policy::Edit& edit : *plan.changes) {
    const std::string name = subject_of(edit);
    auto found = std::find_if(subjects.begin(), subjects.end(),
                              [&name](const Subject& other) { return other.name == name; });
    if (found == subjects.end()) found = subjects.insert(found, {name, {}});
    const bool has_views = edit.hive == windows::HiveName::software && name == "WinHTTP" &&
                           windows::is_64_bit(plan.facts.os.architecture);
    const std::string view = has_views ? view_of(edit) : "";
    std::vector<std::string>& views = found->views;
    if (has_views && std::find(views.begin(), views.end(), view) == views.end()) {
      views.push_back(view);
    }
  }
  std::vector<std::string> names;
  for (const Subject& subject : subjects) {
    names.push_back(subject.name);
    if (!subject.views.empty()) names.back() += fmt::format(" {}", fmt::join(subject.views, "+"));
  }
  return printable(
      fmt::format("{}: {}", fmt::join(names, ", "), counted(plan.changes->size(), "value")));
}

namespace {

/// Of a control set that does not boot, while the changes settle the row of the one that does: then
/// a scan after the patch takes it for information only.
bool will_only_inform(const policy::Finding& f, const InstallationReport& plan) {
  const std::optional<std::uint32_t> boots = plan.facts.control_sets.boots;
  if (!f.control_set || !boots || f.control_set == boots) return false;
  return std::any_of(plan.findings.begin(), plan.findings.end(), [&](const auto& other) {
    return other.id == f.id && other.subject == f.subject && other.control_set == boots &&
           is_settled_by(*plan.changes, other);
  });
}

std::vector<TextRow> open_rows(const InstallationReport& plan, bool that_will_only_inform) {
  std::vector<const policy::Finding*> rows;
  for (const policy::Finding& f : plan.findings) {
    if (!leaves_open(f) || is_settled_by(*plan.changes, f)) continue;
    if (will_only_inform(f, plan) == that_will_only_inform) rows.push_back(&f);
  }
  return folded(rows);
}

}  // namespace

std::vector<TextRow> rows_that_stay(const InstallationReport& plan) {
  return open_rows(plan, false);
}

std::vector<TextRow> rows_of_other_sets(const InstallationReport& plan) {
  return open_rows(plan, true);
}

}  // namespace goldhive::report
