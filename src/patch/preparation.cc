#include "src/patch/preparation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "imgtools/change/links.h"
#include "imgtools/change/own_names.h"
#include "imgtools/compactable.h"
#include "imgtools/disk/relatives.h"
#include "src/patch/take_changes.h"
#include "src/target/inspect_target.h"

namespace goldhive::patch {

using report::InstallationReport;

/// The hives of a batch, edited in memory. Those of the last installation are still being checked;
/// no others are, since a check holds copies of its hive.
struct Preparation::Edited {
  Batch batch;  ///< without those that are refused
  std::vector<VolumeEdit> edits;
  std::vector<WrittenHive> hives;
  PendingChecks checks;
  std::size_t checked = 0;  ///< the installation that they are about
  std::uint64_t held = 0;
  bool again = false;  ///< an edit is among them that did not pass its check

  /// A WIM need not unpack a hive again that is still in memory, and the rescan compares with it.
  /// The hives of many images would fill the memory, so only the first are kept.
  void let_go_of_contents(Prepared& prepared) {
    constexpr std::uint64_t most = 256 << 20;
    for (WrittenHive& hive : prepared.hives) {
      if ((held += hive.edited->size()) <= most) continue;
      hive.edited.reset();
      for (FileEdit& file : prepared.files) {
        if (file.path == hive.path) file.contents.reset();
      }
    }
  }

  void add(const Batch::Member& member, Prepared prepared) {
    batch.members.push_back(member);
    if (prepared.files.empty()) return;
    checks = std::move(prepared.checks);
    checked = member.installation;
    let_go_of_contents(prepared);
    for (WrittenHive& hive : prepared.hives) {
      hive.volume = member.volume;
      hives.push_back(std::move(hive));
    }
    if (edits.empty() || edits.back().volume != member.volume) {
      edits.push_back({member.volume, {}});
    }
    std::move(prepared.files.begin(), prepared.files.end(), std::back_inserter(edits.back().files));
  }
};

void Preparation::set_changes() {
  if (settings_.saved != nullptr) {
    take_changes(*settings_.saved, path_, report_.installations);
    return;
  }
  for (InstallationReport& row : report_.installations) {
    row.changes = policy::make_plan(row.facts, row.findings, settings_.plan);
  }
}

std::vector<Batch> Preparation::batches(const Image& image,
                                        const std::vector<std::size_t>& volumes) const {
  std::vector<Batch> batches;
  for (std::size_t index = 0; index < volumes.size(); ++index) {
    const InstallationReport& row = report_.installations[index];
    if (row.changes->empty() || row.refusal) continue;
    const bool together =
        !batches.empty() && !image.host_files().empty() &&
        (image.changes_as_one() || batches.back().members.back().volume == volumes[index]);
    if (!together) batches.emplace_back();
    batches.back().members.push_back({volumes[index], index});
  }
  return batches;
}

Preparation::Result Preparation::work_out(const target::OpenTarget& open, const Batch& batch,
                                          WorkedOut& out) {
  Edited edited;
  edit_hives(open, batch, edited);
  if (edited.again) return Result::again;
  if (edited.edits.empty()) return Result::nothing;
  out.change = open.image().change_volumes(edited.edits, settings_.edit.now);
  if (!passes(edited)) return Result::again;
  out.batch = std::move(edited.batch);
  out.hives = std::move(edited.hives);
  return Result::ready;
}

void Preparation::attempt(Batch& batch, const std::function<bool()>& once) {
  std::optional<Error> why;
  try {
    while (!batch.members.empty() && !once()) drop_refused(batch);
  } catch (const Error& e) {
    why = e;
  } catch (const std::exception& e) {
    why = Error(ErrorKind::io, std::string("cannot be patched: ") + e.what());
  }
  drop_refused(batch);
  if (!why) return;
  for (const Batch::Member& member : batch.members) refuse(member.installation, *why);
}

void Preparation::refuse(std::size_t installation, const Error& why) {
  report_.installations[installation].refusal = why.at(path_);
}

bool Preparation::any_refused() const {
  return std::any_of(report_.installations.begin(), report_.installations.end(),
                     [](const InstallationReport& row) { return row.refusal.has_value(); });
}

/// Waits for the checks. False if they failed, by which their installation is refused.
bool Preparation::passes(Edited& edited) {
  try {
    edited.checks.wait();
    return true;
  } catch (const Error& e) {
    refuse(edited.checked, e);
    edited.again = true;
    return false;
  }
}

void Preparation::edit_hives(const target::OpenTarget& open, const Batch& batch, Edited& out) {
  for (const Batch::Member& member : batch.members) {
    try {
      const target::VisitedVolume visited = open.volume(member.volume);
      if (const auto error = target::refusal(visited, settings_.target.force_unclean)) {
        throw Error(*error);
      }
      const InstallationReport& row = report_.installations[member.installation];
      Prepared prepared = prepare(*visited.volume.tree, row.facts, *row.changes, settings_.edit);
      for (const FileEdit& file : prepared.files) {
        if (settings_.links == Links::change_all) break;
        refuse_other_names(*visited.volume.tree, file, visited.id() + ": " + file.path,
                           settings_.links == Links::break_off);
      }
      if (!passes(out)) return;
      out.add(member, std::move(prepared));
    } catch (const Error& e) {
      refuse(member.installation, e);
    }
  }
}

void Preparation::drop_refused(Batch& batch) const {
  auto& members = batch.members;
  members.erase(std::remove_if(members.begin(), members.end(),
                               [&](const Batch::Member& member) {
                                 return report_.installations[member.installation].refusal;
                               }),
                members.end());
}

void mind_children(const ReadStorage& storage, const Image& image, const HostChange& change,
                   std::vector<std::string>& notes) {
  const auto disks = {"raw", "vhd", "vhdx", "vmdk", "qcow2", "vdi"};
  if (std::find(disks.begin(), disks.end(), image.format()) == disks.end()) return;
  for (const std::string& child : children_cut_off_by(storage, change)) {
    const std::string note = child +
                             " has it as its parent disk, and cannot be read over another state of "
                             "it: a patch cuts it off, an undo of that patch brings it back";
    if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(note);
  }
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

UndoNote undo_note(const PatchSettings& settings, const target::TargetName& name,
                   const report::TargetReport& report, const Batch& batch, std::size_t part,
                   std::size_t parts) {
  UndoNote note{"goldhive " + settings.tool_version, part, parts, {}};
  note.made = settings.edit.now;
  for (const InstallationReport& row : report.installations) {
    if (row.changes->empty() || row.refusal) continue;
    note.installations.push_back(name.rest_of(row.facts.id));
  }
  for (const Batch::Member& member : batch.members) {
    note.values += report.installations[member.installation].changes->size();
  }
  return note;
}

void refuse_own_file(const std::string& path) {
  if (!is_own_file(path)) return;
  throw Error(ErrorKind::refused, "is kept for undo and is not patched", path);
}

}  // namespace goldhive::patch
