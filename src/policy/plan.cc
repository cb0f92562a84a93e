#include "src/policy/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "src/policy/checks.h"
#include "src/policy/finding_parts.h"
#include "src/policy/protocols.h"
#include "src/policy/secure_protocols.h"
#include "src/policy/suggest.h"

namespace goldhive::policy {
namespace {

void refuse_unknown_checks(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (find_check(id) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const Check& check : all_checks()) known.push_back(check.id);
    throw Error(ErrorKind::usage,
                fmt::format("there is no check '{}'{}", id, did_you_mean(id, known)));
  }
}

bool wanted(const Finding& finding, const windows::Installation& installation,
            const PlanOptions& options) {
  if (!options.only.empty() &&
      std::find(options.only.begin(), options.only.end(), finding.id) == options.only.end()) {
    return false;
  }
  if (finding.waived) return false;
  return options.control_sets == ControlSets::all || !finding.control_set ||
         finding.control_set == installation.control_sets.boots;
}

/// The edit that sets the row's view to exactly `bits`.
std::optional<Edit> exact_protocols(const Finding& finding,
                                    const windows::Installation& installation, std::uint32_t bits) {
  const bool judged = finding.verdict != Verdict::not_applicable &&
                      (finding.verdict != Verdict::undetermined || finding.fixable());
  if (!judged) return std::nullopt;
  const std::uint32_t legal = winhttp_rules(installation.os).legal;
  if ((bits & ~legal) != 0) {
    throw Error(ErrorKind::usage,
                fmt::format("{} cannot be set in DefaultSecureProtocols: {} does not define it",
                            describe_bits(bits & ~legal), os_name(installation.os)));
  }
  if (installation.os.family == windows::Family::windows_7 &&
      installation.os.sp1.presence == windows::Presence::absent) {
    throw Error(ErrorKind::usage,
                "--protocols has no effect: Windows 7 and Server 2008 R2 without SP1 never read "
                "DefaultSecureProtocols; install SP1 (KB976932) and KB3140245 first");
  }
  for (const windows::WinHttpFacts& facts : installation.winhttp) {
    if (facts.view == finding.view) return dword_edit(facts.default_secure_protocols, bits);
  }
  return std::nullopt;
}

/// <0, 0, >0 by place.
int compare_places(const Edit& a, const Edit& b) {
  if (a.hive != b.hive) return a.hive < b.hive ? -1 : 1;
  if (const int c = nt_compare(to_utf16(a.key), to_utf16(b.key)); c != 0) return c;
  return nt_compare(to_utf16(a.value), to_utf16(b.value));
}

}  // namespace

void put_in_order(std::vector<Edit>& edits) {
  std::stable_sort(edits.begin(), edits.end(),
                   [](const Edit& a, const Edit& b) { return compare_places(a, b) < 0; });
  edits.erase(std::unique(edits.begin(), edits.end(),
                          [](const Edit& a, const Edit& b) { return compare_places(a, b) == 0; }),
              edits.end());
}

std::vector<Edit> make_plan(const windows::Installation& installation,
                            const std::vector<Finding>& findings, const PlanOptions& options) {
  refuse_unknown_checks(options.only);
  std::vector<Edit> edits;
  for (const Finding& finding : findings) {
    if (!wanted(finding, installation, options)) continue;
    if (finding.id == secure_protocols_id && options.protocols) {
      if (auto edit = exact_protocols(finding, installation, *options.protocols)) {
        edits.push_back(std::move(*edit));
      }
      continue;
    }
    // What a policy takes for information is nothing to do, for a scan and for a plan alike.
    const bool by_policy = finding.severity == Severity::info && !finding.only_informs;
    if ((finding.only_when_named || by_policy) && options.only.empty()) continue;
    edits.insert(edits.end(), finding.edits.begin(), finding.edits.end());
  }
  put_in_order(edits);
  return edits;
}

}  // namespace goldhive::policy
