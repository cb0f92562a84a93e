#include "src/patch/patch_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/change/hot_journal.h"
#include "imgtools/change/journal.h"
#include "imgtools/compactable.h"
#include "src/patch/undo_note.h"
#include "src/patch/undo_place.h"
#include "src/policy/checks.h"

namespace goldhive::cli {
namespace {

using policy::Edit;
using report::InstallationReport;
using report::TargetReport;

/// One installation of an open image.
struct Found {
  std::size_t volume;
  windows::Installation facts;
};

/// A volume that cannot be read leaves the first error of all in `error`, and the others count.
std::vector<Found> find_installations(const Image& image, const TargetName& name,
                                      const windows::InspectOptions& options,
                                      std::optional<Error>& error) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < image.volumes().size(); ++i) {
    const Volume& volume = image.volumes()[i];
    if (!may_hold(name.selector, volume.id)) continue;
    if (!volume.tree && !volume.state.encrypted) continue;
    try {
      for (windows::Installation& each : selected_installations(volume, name, options)) {
        found.push_back({i, std::move(each)});
      }
    } catch (const Error& e) {
      if (!error) error = e.at(name.path + volume.id);
    }
  }
  return found;
}

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
  TargetPatch(Storage& storage, TargetName name, std::string absolute_path,
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
         recover_target(storage_, name_, settings_.pipeline.open, false)) {
      report_.notes.push_back("rolled back a patch that was cut off (" + journal + ")");
    }
    const std::vector<Batch> batches = plan();
    const std::size_t parts = batches.size() + (settings_.compact ? 1 : 0);
    for (std::size_t i = 0; i < batches.size(); ++i) {
      // Opened anew behind each batch, which may have changed the image's own structures.
      if (!image_) image_ = open();
      write(batches[i], i + 1, parts);
      image_.reset();
    }
    image_.reset();
    if (settings_.compact) compact(parts);
    note_cross_check();
  }

 private:
  std::unique_ptr<Image> open() const {
    return open_image(storage_, name_.path, settings_.pipeline.open);
  }

  std::vector<policy::Finding> judge(const windows::Installation& facts) const {
    return policy::evaluate(facts, *settings_.pipeline.policy, settings_.pipeline.today);
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
    std::vector<std::string> checked;
    image_ = open_target(storage_, name_, settings_.pipeline, checked);
    const Image* image = image_.get();
    if (settings_.compact) compacted(*image);  // throws before anything is changed
    report_.format = image->format();
    const std::vector<std::string> notes = image->notes();
    report_.notes.insert(report_.notes.end(), notes.begin(), notes.end());
    report_.notes.insert(report_.notes.end(), checked.begin(), checked.end());
    for (const Volume& volume : image->volumes()) {
      if (!may_hold(name_.selector, volume.id)) continue;
      if (volume.error && !report_.error) report_.error = volume.error->at(name_.path + volume.id);
    }
    std::vector<Batch> batches;
    for (Found& found :
         find_installations(*image, name_, settings_.pipeline.inspect, report_.error)) {
      InstallationReport row;
      row.findings = judge(found.facts);
      row.facts = std::move(found.facts);
      row.changes = edits_for(row);
      row.changed = false;
      report_.installations.push_back(std::move(row));
      if (report_.installations.back().changes->empty()) continue;
      const bool together =
          !batches.empty() && !image->host_files().empty() &&
          (image->changes_as_one() || batches.back().members.back().volume == found.volume);
      if (!together) batches.emplace_back();
      batches.back().members.push_back({found.volume, report_.installations.size() - 1});
    }
    if (report_.installations.empty() && report_.error) throw Error(*report_.error);
    if (report_.installations.empty() && !image->may_lack_windows()) {
      throw Error(ErrorKind::not_found,
                  "no Windows installation and no SOFTWARE or SYSTEM hive found", name_.path);
    }
    refuse_foreign_plan();
    return batches;
  }

  /// A plan made for another target must not end as "nothing to do".
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

  /// What the undo file says of itself.
  std::string metadata(std::size_t part, std::size_t parts) const {
    UndoNote note{"goldhive " + settings_.tool_version, part, parts, {}};
    for (const InstallationReport& row : report_.installations) {
      if (row.changes->empty()) continue;
      note.installations.push_back(row.facts.id.substr(name_.path.size()));
    }
    return to_text(note);
  }

  void write(const Batch& batch, std::size_t part, std::size_t parts) {
    patch::PendingOpinions opinions;
    const std::vector<VolumeEdit> edits = prepare(*image_, batch, opinions);
    if (edits.empty()) return;
    const JournalPlace place = undo_place(storage_, name_.path, absolute_path_, settings_.undo);
    HostChange change = image_->change_volumes(edits, settings_.edit.now);
    opinions.hear();
    std::vector<InstallationReport> after;
    const std::string undo =
        transact(storage_, place, std::move(change), metadata(part, parts),
                 [&](const ReadStorage& written) { after = rescan(written, batch); });
    if (!undo.empty()) report_.undo = undo;
    for (std::size_t i = 0; i < batch.members.size(); ++i) {
      report_.installations[batch.members[i].installation] = std::move(after[i]);
    }
  }

  /// Writes the target anew without dead space; a part of the patch, taken back with it.
  void compact(std::size_t part) {
    const std::unique_ptr<Image> image = open();
    HostChange change;
    change.rewrite = compacted(*image);
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

  /// What was promised and not done must not go unsaid.
  void note_cross_check() {
    const auto changed = [](const InstallationReport& row) { return row.changed.value_or(false); };
    if (settings_.edit.cross_check ||
        std::none_of(report_.installations.begin(), report_.installations.end(), changed)) {
      return;
    }
    report_.notes.emplace_back(settings_.cross_check_note);
  }

  void require_same_findings(const ReadStorage& written) const {
    const std::unique_ptr<Image> image = open_image(written, name_.path, settings_.pipeline.open);
    std::optional<Error> elsewhere;
    const std::vector<Found> found =
        find_installations(*image, name_, settings_.pipeline.inspect, elsewhere);
    for (const InstallationReport& row : report_.installations) {
      const auto now = std::find_if(found.begin(), found.end(), [&row](const Found& each) {
        return each.facts.id == row.facts.id;
      });
      if (now == found.end()) throw mismatch(row, "it is no longer found");
      const std::string difference = policy::first_difference(row.findings, judge(now->facts));
      if (!difference.empty()) throw mismatch(row, difference);
    }
  }

  /// Hives in memory spare a WIM decoding them again, but those of many images would fill it.
  static void let_go_of_contents(std::vector<FileEdit>& files, std::uint64_t& held) {
    constexpr std::uint64_t most = 256 << 20;
    for (FileEdit& file : files) {
      if (file.contents && (held += file.contents->size()) > most) file.contents.reset();
    }
  }

  /// The hives of a batch, edited in memory. Those of the last installation are still being
  /// checked: not more, since their checks hold copies of them.
  std::vector<VolumeEdit> prepare(const Image& image, const Batch& batch,
                                  patch::PendingOpinions& opinions) const {
    std::vector<VolumeEdit> edits;
    std::uint64_t held = 0;
    for (const Batch::Member& member : batch.members) {
      const Volume& volume = image.volumes().at(member.volume);
      if (const std::optional<Error> error =
              refusal(image, volume, name_.path, settings_.pipeline.force_unclean)) {
        throw Error(*error);
      }
      const InstallationReport& row = report_.installations[member.installation];
      patch::Prepared prepared =
          patch::prepare(*volume.tree, row.facts, *row.changes, settings_.edit);
      if (prepared.files.empty()) continue;
      opinions.hear();
      opinions = std::move(prepared.opinions);
      let_go_of_contents(prepared.files, held);
      if (edits.empty() || edits.back().volume != member.volume) {
        edits.push_back({member.volume, {}});
      }
      std::move(prepared.files.begin(), prepared.files.end(),
                std::back_inserter(edits.back().files));
    }
    return edits;
  }

  /// Reads the written files again and compares with the prediction; throws if it is not met.
  std::vector<InstallationReport> rescan(const ReadStorage& written, const Batch& batch) const {
    const std::unique_ptr<Image> image = open_image(written, name_.path, settings_.pipeline.open);
    std::optional<Error> elsewhere;  // in a volume that was not readable before either
    std::vector<Found> found =
        find_installations(*image, name_, settings_.pipeline.inspect, elsewhere);
    std::vector<InstallationReport> after;
    for (const Batch::Member& member : batch.members) {
      InstallationReport row = report_.installations[member.installation];
      const auto now = std::find_if(found.begin(), found.end(), [&row](const Found& each) {
        return each.facts.id == row.facts.id;
      });
      if (now == found.end()) throw mismatch(row, "it is no longer found");
      const std::vector<policy::Finding> predicted =
          judge(policy::predict(row.facts, *row.changes));
      row.facts = std::move(now->facts);
      row.findings = judge(row.facts);
      row.changed = true;
      const std::string difference = policy::first_difference(predicted, row.findings);
      if (!difference.empty()) throw mismatch(row, difference);
      after.push_back(std::move(row));
    }
    return after;
  }

  static Error mismatch(const InstallationReport& row, const std::string& difference) {
    return Error(
        ErrorKind::refused,
        "the rescan does not find what the plan predicted, so the patch was rolled back: " +
            difference,
        row.facts.id);
  }

  Storage& storage_;
  TargetName name_;
  std::string absolute_path_;
  const PatchSettings& settings_;
  TargetReport& report_;
  std::unique_ptr<Image> image_;  ///< as it is now; null where that may have changed
};

}  // namespace

TargetReport patch_target(Storage& storage, const std::string& target,
                          const std::string& absolute_path, const PatchSettings& settings) {
  TargetReport report;
  report.path = target;
  try {
    TargetPatch(storage, split_target(storage, target), absolute_path, settings, report).run();
  } catch (const Error& e) {
    report.error = e.at(target);
  } catch (const std::exception& e) {
    report.error = Error(ErrorKind::io, std::string("cannot be patched: ") + e.what(), target);
  }
  return report;
}

std::vector<std::string> recover_target(Storage& storage, const TargetName& name,
                                        const OpenOptions& options, bool force) {
  // Looked at through the journals, since the files as they lie may be half written. Every file is
  // asked about, not only those with a journal: a patch may have died while it wrote the journal.
  const ReadThroughStorage through(storage);
  const std::unique_ptr<Image> image = open_image(through, name.path, options);
  std::vector<std::string> files = image->host_files();
  if (files.empty()) {                // a directory: its hives are files of their own
    std::optional<Error> unreadable;  // what cannot be read has no hive that was being patched
    for (const Found& found : find_installations(*image, {name.path, ""}, {}, unreadable)) {
      add_hives(found.facts, name.path, files);
    }
  }
  for (const ReadThroughStorage::Met& met : through.journals()) files.push_back(met.file);
  std::vector<std::string> journals;
  for (const std::string& file : files) {
    if (const std::optional<std::string> journal = recover(storage, file, force)) {
      journals.push_back(*journal);
    }
  }
  return journals;
}

}  // namespace goldhive::cli
