#include "src/patch/rescan.h"

#include <algorithm>

#include "src/policy/plan.h"

namespace goldhive::patch {

using report::InstallationReport;

namespace {

/// What a scan of the written files finds.
std::vector<target::Found> found_in(const target::OpenTarget& open,
                                    const windows::InspectOptions& options) {
  std::vector<target::Found> found;
  // An error is one of a volume that could not be read before the patch either.
  open.find_installations(options, found);
  return found;
}

Error mismatch(const InstallationReport& row, const std::string& difference) {
  return Error(ErrorKind::refused,
               "the rescan does not find what the plan predicted, so the patch was rolled back: " +
                   difference,
               row.facts.id);
}

}  // namespace

/// Where volumes share structures: one that the batch is not about must show what it showed.
void Rescan::require_others_unchanged(const Image& now, const Image& before,
                                      const Batch& batch) const {
  if (!before.changes_as_one()) return;
  for (const std::size_t index : now.volumes_changed_since(before)) {
    const Volume& volume = before.volumes().at(index);
    const bool concerned =
        !volume.tree || std::any_of(batch.members.begin(), batch.members.end(),
                                    [&](const auto& member) { return member.volume == index; });
    if (concerned) continue;
    throw Error(
        ErrorKind::refused,
        "the rescan finds it changed, though nothing of it was to be changed, so the patch was "
        "rolled back",
        name_.id_of(volume.id));
  }
}

/// The installation of `row` as it is found now. Throws if its findings are not `expected`.
InstallationReport Rescan::require_findings(std::vector<target::Found>& found,
                                            const InstallationReport& row,
                                            const std::vector<policy::Finding>& expected) const {
  const auto now = std::find_if(found.begin(), found.end(), [&row](const target::Found& each) {
    return each.facts.id == row.facts.id;
  });
  if (now == found.end()) throw mismatch(row, "it is no longer found");
  InstallationReport again = target::judge(std::move(now->facts), settings_.target);
  const std::string difference = policy::first_difference(expected, again.findings);
  if (!difference.empty()) throw mismatch(row, difference);
  return again;
}

std::vector<InstallationReport> Rescan::after(const ReadStorage& written, const Image& image,
                                              const Batch& batch,
                                              const std::vector<WrittenHive>& hives) const {
  const target::OpenTarget open(written, name_, settings_.target.open);
  require_others_unchanged(open.image(), image, batch);
  std::vector<target::Found> found = found_in(open, settings_.target.inspect);
  for (const WrittenHive& hive : hives) {
    require_written(*open.volume(hive.volume).volume.tree, hive);
  }
  std::vector<InstallationReport> after;
  for (const Batch::Member& member : batch.members) {
    const InstallationReport& row = before_.installations[member.installation];
    const auto predicted =
        target::judge(policy::predict(row.facts, *row.changes), settings_.target).findings;
    after.push_back(require_findings(found, row, predicted));
    after.back().changes = row.changes;
    after.back().changed = true;
  }
  // So must those of which nothing was to be changed, in the same volume too. In a folder a refused
  // one has files of its own, which may be half written since before.
  const bool apart = image.host_files().empty();
  for (const InstallationReport& row : before_.installations) {
    const bool untouched = row.refusal ? !apart : row.changes->empty();
    if (untouched) require_findings(found, row, row.findings);
  }
  return after;
}

void Rescan::require_same_findings(const ReadStorage& written) const {
  const target::OpenTarget open(written, name_, settings_.target.open);
  std::vector<target::Found> found = found_in(open, settings_.target.inspect);
  for (const InstallationReport& row : before_.installations) {
    require_findings(found, row, row.findings);
  }
}

}  // namespace goldhive::patch
