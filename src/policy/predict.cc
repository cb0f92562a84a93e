#include <fmt/format.h>

#include "imgtools/bytes/text.h"
#include "src/policy/finding_parts.h"
#include "src/policy/plan.h"

namespace goldhive::policy {
namespace {

using windows::Presence;
using windows::ValueFact;

void apply(const Edit& edit, ValueFact& fact) {
  const auto where = split_key(fact.key);
  if (!where || where->hive != edit.hive || !nt_equal(where->path, edit.key)) return;
  if (edit.after) fact.key_presence = Presence::present;
  if (!nt_equal(fact.value, edit.value)) return;
  fact.presence = edit.after ? Presence::present : Presence::absent;
  fact.type = edit.after ? edit.after->type : hive::ValueType::none;
  fact.data = edit.after ? edit.after->data : Bytes{};
}

}  // namespace

windows::Installation predict(const windows::Installation& installation,
                              const std::vector<Edit>& edits) {
  windows::Installation after = installation;
  for (const Edit& edit : edits) {
    windows::for_each_value(after, [&](ValueFact& fact) { apply(edit, fact); });
    for (windows::HiveFact& hive : after.hives) {
      if (hive.name != edit.hive) continue;
      hive.state = hive::HiveState::clean;
      hive.reason.clear();
      hive.logs.clear();
    }
  }
  return after;
}

std::string first_difference(const std::vector<Finding>& predicted,
                             const std::vector<Finding>& found) {
  if (predicted.size() != found.size()) {
    return fmt::format("{} findings were predicted, {} found", predicted.size(), found.size());
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Finding& a = predicted[i];
    const Finding& b = found[i];
    const bool same =
        a.id == b.id && a.verdict == b.verdict && a.severity == b.severity && a.view == b.view &&
        a.control_set == b.control_set && a.subject == b.subject && nt_equal(a.key, b.key) &&
        nt_equal(a.value, b.value) && a.actual == b.actual && a.actual_type == b.actual_type &&
        a.expected == b.expected && a.possibly_stale == b.possibly_stale && a.waived == b.waived;
    if (!same) {
      return fmt::format("{}: predicted {} ({}), found {} ({})", b.id, to_string(a.verdict),
                         a.message, to_string(b.verdict), b.message);
    }
  }
  return "";
}

}  // namespace goldhive::policy
