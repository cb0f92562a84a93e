// The plan: from findings to the values a patch would write, and what the rescan must say after it.
//
// A plan is a list of edits, sorted and without duplicates: the same facts, policy and options give
// the same plan. It only ever sets the values that the checks are about (is_plannable), also when
// it comes back from a file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/finding.h"
#include "src/windows/facts.h"

namespace goldhive::policy {

enum class ControlSets {
  boots,  ///< the one the next boot uses
  all,    ///< every one that is there
};

struct PlanOptions {
  /// `--protocols`: exactly these bits for DefaultSecureProtocols, in every view that counts, also
  /// where the policy is content. nullopt: what each finding proposes.
  std::optional<std::uint32_t> protocols;
  ControlSets control_sets = ControlSets::boots;
  std::vector<std::string> only;  ///< check ids; empty = all
};

/// The edits of all findings that fail (or that an explicit value would settle) and are not waived;
/// those that would undo a decision only where `only` names the check.
/// Error(usage): a check id that does not exist, protocols that this Windows does not have or never
/// reads.
std::vector<Edit> make_plan(const windows::Installation& installation,
                            const std::vector<Finding>& findings, const PlanOptions& options);

/// Sorts by hive, key and value as the registry sorts names, and drops repetitions.
void put_in_order(std::vector<Edit>& edits);

/// The facts as they will be after the edits: evaluate(predict(...)) is what the rescan must say.
/// An edited hive is clean afterwards.
windows::Installation predict(const windows::Installation& installation,
                              const std::vector<Edit>& edits);

/// Where the findings of a rescan differ from those predicted; "" if they do not. Times of keys,
/// evidence lines and the case of key names may differ.
std::string first_difference(const std::vector<Finding>& predicted,
                             const std::vector<Finding>& found);

/// True if the edit sets a REG_DWORD that some check is about, at its place, or deletes one that
/// Windows may do better without. Whatever a plan file says, nothing else is ever written.
bool is_plannable(const Edit& edit);

/// What people read: a diff in .reg notation.
std::string plan_diff(const std::vector<Edit>& edits);

/// A .reg file (CRLF) that regedit and hivexregedit import: the plan without its expectations.
std::string plan_reg_file(const std::vector<Edit>& edits);

/// What `plan --save` saves and `patch --plan` loads. Which entry is meant for which installation:
/// saved_plan.h.
struct SavedPlan {
  struct Entry {
    std::string target;        ///< the path of the target, without what leads into it
    std::string installation;  ///< Installation::id
    std::string system;        ///< system_of(); "" in a plan of 0.1.0
    std::vector<Edit> edits;
  };
  std::string policy;
  std::vector<Entry> entries;
};
std::string save_plan(const SavedPlan& plan);
/// Error(corrupt) for what save_plan() cannot have written, Error(refused) for an edit that is not
/// plannable, Error(unsupported) for another version of the format. `where` names the file.
SavedPlan load_plan(std::string_view json, const std::string& where);

}  // namespace goldhive::policy
