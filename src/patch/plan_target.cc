#include "src/patch/plan_target.h"

#include "imgtools/change/links.h"
#include "imgtools/change/transact.h"
#include "src/patch/preparation.h"
#include "src/patch/undo_place.h"
#include "src/target/inspect_target.h"

namespace goldhive::patch {
namespace {

class TargetPlan {
 public:
  TargetPlan(const ReadStorage& storage, const std::string& absolute_path,
             const PatchSettings& settings)
      : storage_(storage), absolute_path_(absolute_path), settings_(settings) {}

  void make(const target::OpenTarget& open, const std::vector<std::size_t>& volumes,
            report::TargetReport& report) const {
    const target::TargetName& name = open.name();
    if (settings_.compact) compacted(open.image());
    Preparation preparation(settings_, name.path, report);
    try {
      preparation.set_changes();
    } catch (const Error&) {  // --protocols names one that this Windows does not have
      report.installations.clear();
      throw;
    }
    for (report::InstallationReport& row : report.installations) {
      if (row.changes->empty()) continue;
      const windows::Installation after = policy::predict(row.facts, *row.changes);
      row.planned = report::status_of(target::judge(after, settings_.target).findings);
    }
    std::vector<Batch> batches = preparation.batches(open.image(), volumes);
    const JournalPlace place = undo_place(storage_, name.path, absolute_path_, settings_.undo);
    for (Batch& batch : batches) {
      preparation.attempt(batch, [&] {
        WorkedOut work;
        const Preparation::Result result = preparation.work_out(open, batch, work);
        if (result != Preparation::Result::ready) return result == Preparation::Result::nothing;
        if (!work.change.rewrite && settings_.links == Links::refuse) {
          refuse_other_names(storage_, work.change);
        }
        mind_children(storage_, open.image(), work.change, report.notes);
        require_possible(
            storage_, place, std::move(work.change),
            to_text(undo_note(settings_, name, report, work.batch, 1, batches.size())));
        return true;
      });
    }
  }

 private:
  const ReadStorage& storage_;
  const std::string& absolute_path_;
  const PatchSettings& settings_;
};

}  // namespace

report::TargetReport plan_target(const ReadStorage& storage, const std::string& target,
                                 const std::string& absolute_path, const PatchSettings& settings) {
  try {
    refuse_own_file(target::split_target(storage, target).path);
  } catch (const Error& e) {
    report::TargetReport report;
    report.path = target;
    report.error = e.at(target);
    return report;
  }
  const TargetPlan plan(storage, absolute_path, settings);
  return target::inspect_target(
      storage, target, settings.target,
      [&](const target::OpenTarget& open, const std::vector<std::size_t>& volumes,
          report::TargetReport& found) { plan.make(open, volumes, found); });
}

}  // namespace goldhive::patch
