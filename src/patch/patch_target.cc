#include "src/patch/patch_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "imgtools/change/holding_storage.h"
#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/transact.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "src/patch/preparation.h"
#include "src/patch/rescan.h"
#include "src/patch/undo_place.h"
#include "src/patch/undo_target.h"

namespace goldhive::patch {
namespace {

using report::InstallationReport;
using report::TargetReport;

class TargetPatch {
 public:
  TargetPatch(HoldingStorage& storage, target::TargetName name, JournalPlace place,
              const PatchSettings& settings, TargetReport& report)
      : storage_(storage),
        name_(std::move(name)),
        settings_(settings),
        report_(report),
        preparation_(settings, name_.path, report),
        rescan_(name_, settings, report),
        through_(storage),
        place_(std::move(place)),
        root_(storage.stat(name_.path) ? hold_root(storage, place_) : nullptr) {}

  void run() {
    refuse_own_file(name_.path);
    roll_back_earlier();
    std::vector<Batch> batches = plan();
    const std::size_t parts = batches.size() + (settings_.compact ? 1 : 0);
    for (Batch& batch : batches) write_or_refuse(batch, parts);
    open_.reset();
    if (settings_.compact && preparation_.any_refused()) {
      report_.notes.emplace_back("not compacted, since a part of the patch was refused");
    } else if (settings_.compact) {
      compact();
    }
    note_cross_check();
  }

  /// The CIDs that the target had before changes that failed (restore_content_id()).
  const std::vector<std::string>& content_ids() const { return content_ids_; }

 private:
  /// Takes back what earlier patches left that were cut off. In a folder the hives for which that
  /// is not possible keep no others from being patched.
  void roll_back_earlier() {
    Recovered earlier = recover_target(storage_, place_, name_.path, settings_.target.open, false);
    report_.notes = std::move(earlier.remarks);
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
    std::vector<std::size_t> volumes;
    for (target::Found& each : found) {
      report_.installations.push_back(target::judge(std::move(each.facts), settings_.target));
      report_.installations.back().changed = false;
      volumes.push_back(each.volume);
    }
    preparation_.set_changes();
    for (std::size_t i = 0; i < volumes.size(); ++i) refuse_unrecovered(i, volumes[i]);
    take_error();
    std::vector<Batch> batches = preparation_.batches(image, volumes);
    if (!unrecovered_.empty()) open_.reset();
    if (report_.installations.empty() && report_.error) throw Error(*report_.error);
    if (report_.installations.empty() && !image.may_lack_windows()) {
      throw Error(ErrorKind::not_found,
                  "no Windows installation and no SOFTWARE or SYSTEM hive found", name_.path);
    }
    return batches;
  }

  /// The first installation that is refused is the error of the target, where nothing else is.
  void take_error() {
    for (const InstallationReport& row : report_.installations) {
      if (!report_.error && row.refusal) report_.error = row.refusal;
    }
  }

  void refuse_unrecovered(std::size_t installation, std::size_t volume) {
    if (unrecovered_.empty()) return;
    std::vector<std::string> hives;
    target::add_hives(report_.installations[installation].facts, open_->image(), volume, hives);
    for (const report::RestoreReport::Failure& failure : unrecovered_) {
      if (std::find(hives.begin(), hives.end(), failure.path) != hives.end()) {
        return preparation_.refuse(installation, failure.error);
      }
    }
  }

  /// Whatever goes wrong is the end of this batch, and no other's affair.
  void write_or_refuse(Batch& batch, std::size_t parts) {
    preparation_.attempt(batch, [&] {
      // Opened anew after each batch, since that may have changed the image's own structures.
      if (!open_) open_.emplace(storage_, name_, settings_.target.open);
      return write(batch, parts);
    });
    open_.reset();
    take_error();
  }

  /// False if it has to be done again, with another image or without a member that is refused now.
  bool write(const Batch& batch, std::size_t parts) {
    if (is_done_by_links(batch)) return true;
    hold_files(batch);
    WorkedOut work;
    switch (preparation_.work_out(*open_, batch, work)) {
      case Preparation::Result::again:
        return false;
      case Preparation::Result::nothing:
        return true;
      case Preparation::Result::ready:
        break;
    }
    mind_children(storage_, open_->image(), work.change, report_.notes);
    if (!work.change.rewrite && break_links(work.change)) {
      open_.emplace(storage_, name_, settings_.target.open);
      return false;
    }
    const std::vector<std::string> files = linked_files(storage_, work.change);
    const std::string rewritten = rewritten_link(work.change);
    UndoNote note = undo_note(settings_, name_, report_, work.batch, parts_done_ + 1, parts);
    for (const std::string& file : files) {
      note.other_names = std::max(note.other_names, other_names(storage_, file));
    }
    note.content_id = vmdk_content_id_of(work.change);
    note.file_size = container_size(work.change);
    content_ids_.push_back(note.content_id);
    report::UndoFileReport left = undo_file_of(note, work.batch, work.change);
    std::vector<InstallationReport> after;
    left.path = transact(storage_, place_, std::move(work.change), to_text(note),
                         [&](const ReadStorage& written) {
                           after = rescan_.after(written, open_->image(), work.batch, work.hives);
                         });
    content_ids_.pop_back();
    ++parts_done_;
    note_undo_file(std::move(left));
    for (const std::string& file : files) {
      if (const auto info = storage_.stat(file)) changed_[{info->device, info->inode}] = file;
      storage_.forget_other_names(file);
    }
    if (!rewritten.empty()) note_own_file(rewritten);
    for (std::size_t i = 0; i < work.batch.members.size(); ++i) {
      report_.installations[work.batch.members[i].installation] = std::move(after[i]);
    }
    return true;
  }

  /// In a folder, hives of an installation may be files that this patch has changed already, by
  /// other names (hard links), as snapshots by cp -al have them. Such an installation is looked at
  /// anew, and what is done is no change any more. True if nothing is left to change.
  bool is_done_by_links(const Batch& batch) {
    if (changed_.empty() || !open_->image().host_files().empty()) return false;
    const Batch::Member& member = batch.members.front();  // the only one, in a folder
    InstallationReport& row = report_.installations[member.installation];
    const std::vector<policy::Edit> planned = *row.changes;
    std::vector<policy::Edit> left = planned;
    std::vector<std::string> notes;
    for (const windows::HiveFact& hive : row.facts.hives) {
      const std::string file = changed_as(member.volume, hive);
      if (file.empty()) continue;
      const std::size_t of_hive =
          std::erase_if(left, [&](const policy::Edit& edit) { return edit.hive == hive.name; });
      if (of_hive == 0) continue;
      notes.push_back(fmt::format("{}: {} is the same file as {} (hard link), patched with it",
                                  row.facts.id, hive.path, file));
    }
    if (notes.empty()) return false;
    open_.emplace(storage_, name_, settings_.target);
    std::vector<target::Found> found;
    open_->find_installations(settings_.target.inspect, found);
    const auto now = std::find_if(found.begin(), found.end(), [&](const target::Found& each) {
      return each.volume == member.volume && each.facts.id == row.facts.id;
    });
    if (now == found.end()) throw Error(ErrorKind::refused, "is no longer found", row.facts.id);
    row = target::judge(std::move(now->facts), settings_.target);
    row.changed = left.empty();
    row.changes = left.empty() ? planned : left;
    report_.notes.insert(report_.notes.end(), notes.begin(), notes.end());
    return left.empty();
  }

  /// The name by which this patch has changed the file of a hive; "" if it has not.
  std::string changed_as(std::size_t volume, const windows::HiveFact& hive) const {
    if (hive.missing) return "";
    for (const auto& [path, size] :
         open_->image().host_change(volume, {{hive.path, 0, {}}}).sizes) {
      const std::optional<FileInfo> info = storage_.stat(path);
      if (!info) continue;
      const auto known = changed_.find({info->device, info->inode});
      if (known != changed_.end()) return known->second;
    }
    return "";
  }

  /// Refuses a change of files that have other names, unless the user wants all of them changed.
  /// True if they have no other names any more, and are to be opened anew.
  bool break_links(const HostChange& change) {
    if (settings_.links == Links::change_all) return false;
    if (settings_.links == Links::refuse) refuse_other_names(storage_, change);
    const std::vector<std::string> files = linked_files(storage_, change);
    if (files.empty()) return false;
    open_.reset();
    for (const std::string& file : files) {
      goldhive::break_links(storage_, changed_file(place_, file));
      note_own_file(file);
    }
    return true;
  }

  void note_own_file(const std::string& file) {
    report_.notes.push_back(without_disk_inside(file) +
                            " is a file of its own now; its other names keep the old one");
  }

  /// The file that is written anew, if it has other names: these stay with the old file.
  std::string rewritten_link(const HostChange& change) const {
    const bool linked = change.rewrite && other_names(storage_, change.rewrite->path) > 0;
    return linked ? change.rewrite->path : "";
  }

  /// The CID of the VMDK that the change is of; "" of others.
  std::string vmdk_content_id_of(const HostChange& change) const {
    if (change.edits.empty() || !is_disk_inside(change.edits.front().path)) return "";
    return vmdk_content_id(storage_, without_disk_inside(change.edits.front().path));
  }

  /// The size of the file around a disk that qemu writes; 0 of others.
  std::uint64_t container_size(const HostChange& change) const {
    if (change.edits.empty() || !is_disk_inside(change.edits.front().path)) return 0;
    const auto info = storage_.stat(without_disk_inside(change.edits.front().path));
    return info ? info->size : 0;
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
    const std::string rewritten = rewritten_link(change);
    const UndoNote note = undo_note(settings_, name_, report_, {}, part, part);
    report::UndoFileReport kept = undo_file_of(note, {}, change);
    kept.path =
        transact(storage_, place_, std::move(change), to_text(note),
                 [&](const ReadStorage& written) { rescan_.require_same_findings(written); });
    note_undo_file(std::move(kept));
    if (!rewritten.empty()) note_own_file(rewritten);
    report_.notes.push_back(fmt::format("compacted: {} bytes smaller", size - left));
  }

  /// What is said of the undo file of a part, but for where it lies.
  report::UndoFileReport undo_file_of(const UndoNote& note, const Batch& batch,
                                      const HostChange& change) const {
    report::UndoFileReport undo;
    undo.made = note.made;
    undo.tool = note.tool;
    undo.values = note.values;
    for (const Batch::Member& member : batch.members) {
      undo.installations.push_back(report_.installations[member.installation].facts.id);
    }
    std::set<std::string> files;
    if (change.rewrite) files.insert(change.rewrite->path);
    for (const HostEdit& edit : change.edits) files.insert(without_disk_inside(edit.path));
    undo.files.assign(files.begin(), files.end());
    return undo;
  }

  /// Nothing where none was kept.
  void note_undo_file(report::UndoFileReport undo) {
    if (undo.path.empty()) return;
    if (const auto info = storage_.stat(undo.path)) undo.size = info->size;
    report_.undo_files.insert(report_.undo_files.begin(), std::move(undo));
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

  HoldingStorage& storage_;
  target::TargetName name_;
  const PatchSettings& settings_;
  TargetReport& report_;
  Preparation preparation_;
  Rescan rescan_;
  const ReadThroughStorage through_;
  std::vector<report::RestoreReport::Failure>
      unrecovered_;  ///< by earlier patches left as they are
  std::size_t parts_done_ = 0;
  std::vector<std::string> content_ids_;
  /// The files with other names that were changed, by device and inode.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> changed_;
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
    const target::TargetName name = target::split_target(storage, target);
    const JournalPlace place = undo_place(storage, name.path, absolute_path, settings.undo);
    std::vector<std::string> content_ids;
    {
      HoldingStorage holding(storage, place);
      TargetPatch patch(holding, name, place, settings, report);
      patch.run();
      content_ids = patch.content_ids();
    }
    for (const std::string& id : content_ids) restore_content_id(storage, place, id, report.notes);
  } catch (const Error& e) {
    report.error = e.at(target);
  } catch (const std::exception& e) {
    report.error = Error(ErrorKind::io, std::string("cannot be patched: ") + e.what(), target);
  }
  return report;
}

}  // namespace goldhive::patch
