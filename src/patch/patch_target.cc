#include "src/patch/patch_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/change/holding_storage.h"
#include "imgtools/change/journal.h"
#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/compactable.h"
#include "src/patch/undo_note.h"
#include "src/patch/undo_place.h"
#include "src/patch/undo_target.h"

namespace goldhive::patch {
namespace {

using policy::Edit;
using report::InstallationReport;
using report::TargetReport;

HostRewrite compacted(const Image& image) {
  const auto* compactable = dynamic_cast<const Compactable*>(&image);
  if (compactable == nullptr) {
    throw Error(ErrorKind::usage, "the format '" + image.format() +
                                      "' has no dead space to take out: --compact is for WIM and "
                                      "ESD files");
  }
  return compactable->compacted();
}

/// The installations whose changes are written together.
struct Batch {
  struct Member {
    std::size_t volume;
    std::size_t installation;  ///< index into TargetReport::installations
  };
  std::vector<Member> members;
};

class TargetPatch {
 public:
  TargetPatch(HoldingStorage& storage, target::TargetName name, std::string absolute_path,
              const PatchSettings& settings, TargetReport& report)
      : storage_(storage),
        name_(std::move(name)),
        absolute_path_(std::move(absolute_path)),
        settings_(settings),
        report_(report) {}

  void run() {
    if (is_own_file(name_.path)) {
      throw Error(ErrorKind::refused, "is kept for undo and is not patched", name_.path);
    }
    for (const std::string& journal :
         recover_target(storage_, name_.path, settings_.target.open, false)) {
      report_.notes.push_back("rolled back a patch that was cut off (" + journal + ")");
    }
    const std::vector<Batch> batches = plan();
    const std::size_t parts = batches.size() + (settings_.compact ? 1 : 0);
    for (std::size_t i = 0; i < batches.size(); ++i) {
      // Opened anew after each batch, since that may have changed the image's own structures.
      if (!open_) open_.emplace(storage_, name_, settings_.target.open);
      write(batches[i], i + 1, parts);
      open_.reset();
    }
    open_.reset();
    if (settings_.compact) compact(parts);
    note_cross_check();
  }

 private:
  std::vector<policy::Finding> predicted_findings(const InstallationReport& row) const {
    return target::judge(policy::predict(row.facts, *row.changes), settings_.target).findings;
  }

  std::vector<Edit> edits_for(const InstallationReport& installation) const {
    if (settings_.saved == nullptr) {
      return policy::make_plan(installation.facts, installation.findings, settings_.plan);
    }
    for (const policy::SavedPlan::Entry& entry : settings_.saved->entries) {
      if (entry.installation == installation.facts.id) return entry.edits;
    }
    return {};
  }

  /// Fills the report with what is there and what will change; returns what there is to write.
  std::vector<Batch> plan() {
    open_.emplace(storage_, name_, settings_.target);
    name_ = open_->name();
    const Image& image = open_->image();
    if (settings_.compact) compacted(image);  // throws before anything is changed
    report_.format = image.format();
    report_.notes.insert(report_.notes.end(), open_->notes().begin(), open_->notes().end());
    std::vector<target::Found> found;
    report_.error = open_->find_installations(settings_.target.inspect, found);
    std::vector<Batch> batches;
    for (target::Found& each : found) {
      report_.installations.push_back(planned_row(std::move(each.facts)));
      if (report_.installations.back().changes->empty()) continue;
      const bool together =
          !batches.empty() && !image.host_files().empty() &&
          (image.changes_as_one() || batches.back().members.back().volume == each.volume);
      if (!together) batches.emplace_back();
      batches.back().members.push_back({each.volume, report_.installations.size() - 1});
    }
    if (report_.installations.empty() && report_.error) throw Error(*report_.error);
    if (report_.installations.empty() && !image.may_lack_windows()) {
      throw Error(ErrorKind::not_found,
                  "no Windows installation and no SOFTWARE or SYSTEM hive found", name_.path);
    }
    refuse_foreign_plan();
    return batches;
  }

  InstallationReport planned_row(windows::Installation facts) const {
    InstallationReport row = target::judge(std::move(facts), settings_.target);
    row.changes = edits_for(row);
    row.changed = false;
    return row;
  }

  /// Refuses a plan that was made for another target, which would end as "nothing to do" otherwise.
  void refuse_foreign_plan() const {
    if (settings_.saved == nullptr || settings_.saved->entries.empty()) return;
    for (const policy::SavedPlan::Entry& entry : settings_.saved->entries) {
      for (const InstallationReport& row : report_.installations) {
        if (row.facts.id == entry.installation) return;
      }
    }
    throw Error(ErrorKind::refused,
                "the plan holds nothing for this target; it is for " +
                    settings_.saved->entries.front().installation,
                name_.path);
  }

  /// What the undo file notes about this patch.
  std::string metadata(std::size_t part, std::size_t parts) const {
    UndoNote note{"goldhive " + settings_.tool_version, part, parts, {}};
    for (const InstallationReport& row : report_.installations) {
      if (row.changes->empty()) continue;
      note.installations.push_back(name_.rest_of(row.facts.id));
    }
    return to_text(note);
  }

  void write(const Batch& batch, std::size_t part, std::size_t parts) {
    hold_files(batch);
    PendingChecks checks;
    std::vector<WrittenHive> hives;
    const std::vector<VolumeEdit> edits = edit_hives(batch, checks, hives);
    if (edits.empty()) return;
    const JournalPlace place = undo_place(storage_, name_.path, absolute_path_, settings_.undo);
    HostChange change = open_->image().change_volumes(edits, settings_.edit.now);
    checks.wait();
    if (!change.rewrite && break_links(change)) {
      open_.emplace(storage_, name_, settings_.target.open);
      write(batch, part, parts);
      return;
    }
    std::vector<InstallationReport> after;
    const std::string undo =
        transact(storage_, place, std::move(change), metadata(part, parts),
                 [&](const ReadStorage& written) { after = rescan(written, batch, hives); });
    if (!undo.empty()) report_.undo = undo;
    for (std::size_t i = 0; i < batch.members.size(); ++i) {
      report_.installations[batch.members[i].installation] = std::move(after[i]);
    }
  }

  /// Refuses a change of files that have other names, unless the user wants all of them changed.
  /// True if they have no other names any more, and are to be opened anew.
  bool break_links(const HostChange& change) {
    if (settings_.links == Links::change_all) return false;
    const std::vector<std::string> files = linked_files(storage_, change);
    if (files.empty()) return false;
    if (settings_.links == Links::refuse) {
      const std::uint64_t others = other_names(storage_, files.front());
      throw Error(ErrorKind::refused,
                  fmt::format("has {} more {} (hard links), and a patch in place would change them "
                              "all: --break-links gives this name a file of its own, --all-links "
                              "changes all",
                              others, others == 1 ? "name" : "names"),
                  without_disk_inside(files.front()));
    }
    open_.reset();
    for (const std::string& file : files) {
      goldhive::break_links(storage_, file);
      report_.notes.push_back(without_disk_inside(file) +
                              " is a file of its own now; its other names keep the old one");
    }
    return true;
  }

  /// Locks what the batch is going to change before it is read for the edit.
  void hold_files(const Batch& batch) {
    std::vector<std::string> files = open_->image().host_files();
    if (files.empty()) {
      for (const Batch::Member& member : batch.members) {
        target::add_hives(report_.installations[member.installation].facts, name_.path, files);
      }
    }
    for (const std::string& file : files) storage_.hold(file);
  }

  /// Writes the target anew without dead space; a part of the patch, taken back with it.
  void compact(std::size_t part) {
    const target::OpenTarget open(storage_, name_, settings_.target.open);
    HostChange change;
    change.rewrite = compacted(open.image());
    storage_.hold(change.rewrite->path);
    const std::uint64_t size = storage_.open(change.rewrite->path)->size();
    const std::uint64_t left = change.rewrite->size_limit;
    if (left >= size) return;
    const JournalPlace place = undo_place(storage_, name_.path, absolute_path_, settings_.undo);
    const std::string undo =
        transact(storage_, place, std::move(change), metadata(part, part),
                 [&](const ReadStorage& written) { require_same_findings(written); });
    if (!undo.empty()) report_.undo = undo;
    report_.notes.push_back(fmt::format("compacted: {} bytes smaller", size - left));
  }

  /// Users rely on hivex as a second check, so a patch without it says so.
  void note_cross_check() {
    const auto changed = [](const InstallationReport& row) { return row.changed.value_or(false); };
    if (settings_.edit.cross_check ||
        std::none_of(report_.installations.begin(), report_.installations.end(), changed)) {
      return;
    }
    report_.notes.emplace_back(settings_.cross_check_note);
  }

  /// A WIM need not unpack a hive again that is still in memory. The hives of many images would
  /// fill the memory, so only the first are kept.
  static void let_go_of_contents(std::vector<FileEdit>& files, std::uint64_t& held) {
    constexpr std::uint64_t most = 256 << 20;
    for (FileEdit& file : files) {
      if (file.contents && (held += file.contents->size()) > most) file.contents.reset();
    }
  }

  /// The hives of a batch, edited in memory. Those of the last installation are still being
  /// checked, in `checks`; no others are, since a check holds copies of its hive.
  std::vector<VolumeEdit> edit_hives(const Batch& batch, PendingChecks& checks,
                                     std::vector<WrittenHive>& hives) const {
    std::vector<VolumeEdit> edits;
    std::uint64_t held = 0;
    for (const Batch::Member& member : batch.members) {
      const target::VisitedVolume visited = open_->volume(member.volume);
      if (const std::optional<Error> error =
              target::refusal(visited, settings_.target.force_unclean)) {
        throw Error(*error);
      }
      const InstallationReport& row = report_.installations[member.installation];
      Prepared prepared = prepare(*visited.volume.tree, row.facts, *row.changes, settings_.edit);
      if (prepared.files.empty()) continue;
      checks.wait();
      checks = std::move(prepared.checks);
      let_go_of_contents(prepared.files, held);
      for (WrittenHive& hive : prepared.hives) {
        hive.volume = member.volume;
        hives.push_back(std::move(hive));
      }
      if (edits.empty() || edits.back().volume != member.volume) {
        edits.push_back({member.volume, {}});
      }
      std::move(prepared.files.begin(), prepared.files.end(),
                std::back_inserter(edits.back().files));
    }
    return edits;
  }

  /// What a scan of the written files finds.
  std::vector<target::Found> found_in(const target::OpenTarget& open) const {
    std::vector<target::Found> found;
    // An error is one of a volume that could not be read before the patch either.
    open.find_installations(settings_.target.inspect, found);
    return found;
  }

  /// Where volumes share structures: one that the batch is not about must show what it showed.
  void require_others_unchanged(const Image& now, const Batch& batch) const {
    const Image& before = open_->image();
    if (!before.changes_as_one()) return;
    for (const std::size_t index : now.volumes_changed_since(before)) {
      const Volume& volume = before.volumes().at(index);
      const bool concerned =
          !volume.tree || std::any_of(batch.members.begin(), batch.members.end(),
                                      [&](const auto& member) { return member.volume == index; });
      if (concerned) continue;
      throw Error(ErrorKind::refused,
                  "the rescan does not find in it what was there, though nothing of it was to be "
                  "changed, so the patch was rolled back",
                  name_.id_of(volume.id));
    }
  }

  /// The installation of `row` as it is found now. Throws if its findings are not `expected`.
  InstallationReport require_findings(std::vector<target::Found>& found,
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

  /// The installations of a batch as a scan finds them now, which must be as the plan predicted.
  /// The written hives are checked as a whole, since a finding looks at a few values only.
  std::vector<InstallationReport> rescan(const ReadStorage& written, const Batch& batch,
                                         const std::vector<WrittenHive>& hives) const {
    const target::OpenTarget open(written, name_, settings_.target.open);
    require_others_unchanged(open.image(), batch);
    std::vector<target::Found> found = found_in(open);
    for (const WrittenHive& hive : hives) {
      require_written(*open.volume(hive.volume).volume.tree, hive);
    }
    std::vector<InstallationReport> after;
    for (const Batch::Member& member : batch.members) {
      const InstallationReport& row = report_.installations[member.installation];
      after.push_back(require_findings(found, row, predicted_findings(row)));
      after.back().changes = row.changes;
      after.back().changed = true;
    }
    // So must those of which nothing was to be changed, in the same volume too.
    for (const InstallationReport& row : report_.installations) {
      if (row.changes->empty()) require_findings(found, row, row.findings);
    }
    return after;
  }

  void require_same_findings(const ReadStorage& written) const {
    const target::OpenTarget open(written, name_, settings_.target.open);
    std::vector<target::Found> found = found_in(open);
    for (const InstallationReport& row : report_.installations) {
      require_findings(found, row, row.findings);
    }
  }

  static Error mismatch(const InstallationReport& row, const std::string& difference) {
    return Error(
        ErrorKind::refused,
        "the rescan does not find what the plan predicted, so the patch was rolled back: " +
            difference,
        row.facts.id);
  }

  HoldingStorage& storage_;
  target::TargetName name_;
  std::string absolute_path_;
  const PatchSettings& settings_;
  TargetReport& report_;
  std::optional<target::OpenTarget> open_;  ///< as it is now; empty where that may have changed
};

}  // namespace

TargetReport patch_target(Storage& storage, const std::string& target,
                          const std::string& absolute_path, const PatchSettings& settings) {
  TargetReport report;
  report.path = target;
  try {
    HoldingStorage holding(storage);
    TargetPatch(holding, target::split_target(storage, target), absolute_path, settings, report)
        .run();
  } catch (const Error& e) {
    report.error = e.at(target);
  } catch (const std::exception& e) {
    report.error = Error(ErrorKind::io, std::string("cannot be patched: ") + e.what(), target);
  }
  return report;
}

}  // namespace goldhive::patch
