#include "src/patch/patch_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/change/holding_storage.h"
#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/transact.h"
#include "imgtools/compactable.h"
#include "src/patch/rescan.h"
#include "src/patch/take_changes.h"
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

class TargetPatch {
 public:
  TargetPatch(HoldingStorage& storage, target::TargetName name, const std::string& absolute_path,
              const PatchSettings& settings, TargetReport& report)
      : storage_(storage),
        name_(std::move(name)),
        settings_(settings),
        report_(report),
        rescan_(name_, settings, report),
        through_(storage),
        place_(undo_place(storage, name_.path, absolute_path, settings.undo)),
        root_(storage.stat(name_.path) ? hold_root(storage, place_) : nullptr) {}

  void run() {
    if (is_own_file(name_.path)) {
      throw Error(ErrorKind::refused, "is kept for undo and is not patched", name_.path);
    }
    roll_back_earlier();
    std::vector<Batch> batches = plan();
    const std::size_t parts = batches.size() + (settings_.compact ? 1 : 0);
    for (Batch& batch : batches) write_or_refuse(batch, parts);
    open_.reset();
    if (settings_.compact && any_refused()) {
      report_.notes.emplace_back("not compacted, since a part of the patch was refused");
    } else if (settings_.compact) {
      compact();
    }
    note_cross_check();
  }

 private:
  /// Takes back what earlier patches left that were cut off. In a folder the hives for which that
  /// is not possible keep no others from being patched.
  void roll_back_earlier() {
    Recovered earlier = recover_target(storage_, name_.path, settings_.target.open, false);
    for (const std::string& journal : earlier.journals) {
      report_.notes.push_back("rolled back a patch that was cut off (" + journal + ")");
    }
    unrecovered_ = std::move(earlier.failures);
    if (unrecovered_.empty()) return;
    const std::optional<FileInfo> info = storage_.stat(name_.path);
    if (!info || info->type != FileType::directory) throw Error(unrecovered_.front().error);
  }

  /// Fills the report with what is there and what will change; returns what there is to write.
  std::vector<Batch> plan() {
    // What could not be rolled back is seen as a scan sees it.
    const ReadStorage* storage = &storage_;
    if (!unrecovered_.empty()) storage = &through_;
    open_.emplace(*storage, name_, settings_.target);
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
    }
    if (settings_.saved != nullptr) {
      take_changes(*settings_.saved, name_.path, report_.installations);
    }
    for (std::size_t index = 0; index < found.size(); ++index) {
      const target::Found& each = found[index];
      refuse_unrecovered(index, each.volume);
      const InstallationReport& row = report_.installations[index];
      if (row.changes->empty() || row.refusal) continue;
      const bool together =
          !batches.empty() && !image.host_files().empty() &&
          (image.changes_as_one() || batches.back().members.back().volume == each.volume);
      if (!together) batches.emplace_back();
      batches.back().members.push_back({each.volume, index});
    }
    if (!unrecovered_.empty()) open_.reset();
    if (report_.installations.empty() && report_.error) throw Error(*report_.error);
    if (report_.installations.empty() && !image.may_lack_windows()) {
      throw Error(ErrorKind::not_found,
                  "no Windows installation and no SOFTWARE or SYSTEM hive found", name_.path);
    }
    return batches;
  }

  InstallationReport planned_row(windows::Installation facts) const {
    InstallationReport row = target::judge(std::move(facts), settings_.target);
    if (settings_.saved == nullptr) {
      row.changes = policy::make_plan(row.facts, row.findings, settings_.plan);
    }
    row.changed = false;
    return row;
  }

  /// What the undo file notes about this patch.
  std::string metadata(std::size_t part, std::size_t parts) const {
    UndoNote note{"goldhive " + settings_.tool_version, part, parts, {}};
    for (const InstallationReport& row : report_.installations) {
      if (row.changes->empty() || row.refusal) continue;
      note.installations.push_back(name_.rest_of(row.facts.id));
    }
    return to_text(note);
  }

  /// Nothing was changed of the installation, and why.
  void refuse(std::size_t installation, const Error& why) {
    report_.installations[installation].refusal = why.at(name_.path);
    if (!report_.error) report_.error = report_.installations[installation].refusal;
  }

  bool any_refused() const {
    return std::any_of(report_.installations.begin(), report_.installations.end(),
                       [](const InstallationReport& row) { return row.refusal.has_value(); });
  }

  void refuse_unrecovered(std::size_t installation, std::size_t volume) {
    if (unrecovered_.empty()) return;
    std::vector<std::string> hives;
    target::add_hives(report_.installations[installation].facts, open_->image(), volume, hives);
    for (const report::RestoreReport::Failure& failure : unrecovered_) {
      if (std::find(hives.begin(), hives.end(), failure.path) != hives.end()) {
        return refuse(installation, failure.error);
      }
    }
  }

  void drop_refused(Batch& batch) const {
    auto& members = batch.members;
    members.erase(std::remove_if(members.begin(), members.end(),
                                 [&](const Batch::Member& member) {
                                   return report_.installations[member.installation].refusal;
                                 }),
                  members.end());
  }

  /// Whatever goes wrong is the end of this batch, and no other's affair.
  void write_or_refuse(Batch& batch, std::size_t parts) {
    std::optional<Error> why;
    try {
      // Opened anew after each batch, since that may have changed the image's own structures.
      if (!open_) open_.emplace(storage_, name_, settings_.target.open);
      while (!write(batch, parts)) drop_refused(batch);
    } catch (const Error& e) {
      why = e;
    } catch (const std::exception& e) {
      why = Error(ErrorKind::io, std::string("cannot be patched: ") + e.what());
    }
    open_.reset();
    drop_refused(batch);
    if (!why) return;
    for (const Batch::Member& member : batch.members) refuse(member.installation, *why);
  }

  /// False if it has to be done again, with another image or without a member that is refused now.
  bool write(const Batch& batch, std::size_t parts) {
    if (batch.members.empty()) return true;
    hold_files(batch);
    EditedBatch edited;
    edit_hives(batch, edited);
    if (edited.again) return false;
    if (edited.edits.empty()) return true;
    HostChange change = open_->image().change_volumes(edited.edits, settings_.edit.now);
    if (!passes(edited)) return false;
    if (!change.rewrite && break_links(change)) {
      open_.emplace(storage_, name_, settings_.target.open);
      return false;
    }
    std::vector<InstallationReport> after;
    const std::string undo =
        transact(storage_, place_, std::move(change), metadata(parts_done_ + 1, parts),
                 [&](const ReadStorage& written) {
                   after = rescan_.after(written, open_->image(), edited.batch, edited.hives);
                 });
    ++parts_done_;
    if (!undo.empty()) report_.undo = undo;
    for (std::size_t i = 0; i < edited.batch.members.size(); ++i) {
      report_.installations[edited.batch.members[i].installation] = std::move(after[i]);
    }
    return true;
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
      goldhive::break_links(storage_, changed_file(place_, file));
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
        target::add_hives(report_.installations[member.installation].facts, open_->image(),
                          member.volume, files);
      }
    }
    for (const std::string& file : files) storage_.hold(file);
  }

  /// Writes the target anew without dead space; a part of the patch, taken back with it.
  void compact() {
    const target::OpenTarget open(storage_, name_, settings_.target.open);
    HostChange change;
    change.rewrite = compacted(open.image());
    storage_.hold(change.rewrite->path);
    const std::uint64_t size = storage_.open(change.rewrite->path)->size();
    const std::uint64_t left = change.rewrite->size_limit;
    if (left >= size) return;
    const std::size_t part = parts_done_ + 1;
    const std::string undo =
        transact(storage_, place_, std::move(change), metadata(part, part),
                 [&](const ReadStorage& written) { rescan_.require_same_findings(written); });
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

  /// A WIM need not unpack a hive again that is still in memory, and the rescan compares with it.
  /// The hives of many images would fill the memory, so only the first are kept.
  static void let_go_of_contents(Prepared& prepared, std::uint64_t& held) {
    constexpr std::uint64_t most = 256 << 20;
    for (WrittenHive& hive : prepared.hives) {
      if ((held += hive.edited->size()) <= most) continue;
      hive.edited.reset();
      for (FileEdit& file : prepared.files) {
        if (file.path == hive.path) file.contents.reset();
      }
    }
  }

  /// The hives of a batch, edited in memory. Those of the last installation are still being
  /// checked; no others are, since a check holds copies of its hive.
  struct EditedBatch {
    Batch batch;  ///< without those that are refused
    std::vector<VolumeEdit> edits;
    std::vector<WrittenHive> hives;
    PendingChecks checks;
    std::size_t checked = 0;  ///< the installation that they are about
    std::uint64_t held = 0;
    bool again = false;  ///< an edit is among them that did not pass its check
  };

  /// Waits for the checks. False if they failed, by which their installation is refused.
  bool passes(EditedBatch& edited) {
    try {
      edited.checks.wait();
      return true;
    } catch (const Error& e) {
      refuse(edited.checked, e);
      edited.again = true;
      return false;
    }
  }

  void edit_hives(const Batch& batch, EditedBatch& out) {
    for (const Batch::Member& member : batch.members) {
      try {
        const target::VisitedVolume visited = open_->volume(member.volume);
        if (const auto error = target::refusal(visited, settings_.target.force_unclean)) {
          throw Error(*error);
        }
        const InstallationReport& row = report_.installations[member.installation];
        Prepared prepared = prepare(*visited.volume.tree, row.facts, *row.changes, settings_.edit);
        if (!passes(out)) return;
        add(member, std::move(prepared), out);
      } catch (const Error& e) {
        refuse(member.installation, e);
      }
    }
  }

  static void add(const Batch::Member& member, Prepared prepared, EditedBatch& out) {
    out.batch.members.push_back(member);
    if (prepared.files.empty()) return;
    out.checks = std::move(prepared.checks);
    out.checked = member.installation;
    let_go_of_contents(prepared, out.held);
    for (WrittenHive& hive : prepared.hives) {
      hive.volume = member.volume;
      out.hives.push_back(std::move(hive));
    }
    if (out.edits.empty() || out.edits.back().volume != member.volume) {
      out.edits.push_back({member.volume, {}});
    }
    std::move(prepared.files.begin(), prepared.files.end(),
              std::back_inserter(out.edits.back().files));
  }

  HoldingStorage& storage_;
  target::TargetName name_;
  const PatchSettings& settings_;
  TargetReport& report_;
  Rescan rescan_;
  const ReadThroughStorage through_;
  std::vector<report::RestoreReport::Failure>
      unrecovered_;  ///< by earlier patches left as they are
  std::size_t parts_done_ = 0;
  JournalPlace place_;
  std::unique_ptr<HeldFolder> root_;        ///< from before the first read
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
