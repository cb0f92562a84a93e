#include "src/patch/take_changes.h"

#include "src/policy/saved_plan.h"

namespace goldhive::patch {

void take_changes(const policy::SavedPlan& plan, const std::string& path,
                  std::vector<report::InstallationReport>& rows) {
  if (rows.empty()) return;  // whoever looked for installations says why there are none
  std::vector<const windows::Installation*> installations;
  for (const report::InstallationReport& row : rows) installations.push_back(&row.facts);
  const auto entries = policy::assign(plan, path, installations);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].changes = entries[i] != nullptr ? entries[i]->edits : std::vector<policy::Edit>{};
  }
}

}  // namespace goldhive::patch
