#include "src/patch/undo_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/recover.h"
#include "imgtools/change/undo.h"
#include "imgtools/change/undo_place.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "imgtools/formats.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"
#include "src/patch/undo_files.h"
#include "src/patch/undo_place.h"
#include "src/target/visit_target.h"

namespace goldhive::patch {
namespace {

using target::TargetName;

/// The files of a target that a patch may have changed.
std::vector<std::string> files_of(const target::OpenTarget& open) {
  std::vector<std::string> files = open.image().host_files();
  if (!files.empty()) return files;
  // In a folder each hive is a file of the host. A volume that cannot be read is passed over: no
  // hive of it was being patched.
  std::vector<target::Found> found;
  open.find_installations({}, found);
  for (const target::Found& each : found) {
    target::add_hives(each.facts, open.image(), each.volume, files);
  }
  return files;
}

/// One undo takes back all that the last patch of a target changed. Error(refused) where `name`
/// asks for less, or for something else.
void require_asked_for(const ReadStorage& storage, const JournalPlace& place,
                       const std::string& undo_file, const TargetName& name) {
  if (name.selector.empty()) return;  // the whole target
  const UndoNote note = parse_undo_note(undo_metadata(storage, place, undo_file));
  std::string others;
  bool any = false;
  for (const std::string& changed : note.installations) {
    if (name.selects(changed)) {
      any = true;
    } else {
      others += (others.empty() ? "" : ", ") + name.id_of(changed);
    }
  }
  if (others.empty()) return;
  const std::string why = any ? " as well, and an undo takes all of it back"
                              : ", and patches are taken back in turn, the last one first";
  throw Error(ErrorKind::refused,
              "the last patch changed " + others + why + ": for that, name " + name.path,
              name.id_of(name.selector));
}

/// What qemu writes of a disk has its old bytes again; the file around the disk need not.
std::string around_the_disk(const ReadStorage& storage, const std::string& disk,
                            const UndoNote& note) {
  const std::string file = without_disk_inside(disk);
  const std::optional<FileInfo> info = storage.stat(file);
  std::string text = file + ": the disk in it is as it was, byte for byte; of the file around it ";
  if (!info || note.file_size == 0 || info->size == note.file_size) {
    return text + "the tables that its format keeps may differ";
  }
  const bool longer = info->size > note.file_size;
  return text + fmt::format("the tables differ, and it is {} bytes {} than before the patch",
                            longer ? info->size - note.file_size : note.file_size - info->size,
                            longer ? "longer" : "shorter");
}

}  // namespace

Recovered recover_target(Storage& storage, const JournalPlace& place, const std::string& path,
                         const OpenOptions& options, bool force) {
  // The target is read through the journals, since its files may be half written. Every file is
  // asked about, not only those with a journal: a patch may have died while it wrote the journal.
  const HeldTarget held = hold_target(storage, path);
  const ReadThroughStorage through(storage);
  std::vector<std::string> files = files_of(target::OpenTarget(through, {path, ""}, options));
  const std::vector<ReadThroughStorage::Met>& met = through.journals();
  for (const ReadThroughStorage::Met& one : met) {
    if (std::find(files.begin(), files.end(), one.file) == files.end()) files.push_back(one.file);
  }
  for (std::string& file : files) {
    if (without_disk_inside(file) != path) continue;
    file = is_disk_inside(file) ? disk_inside(held.path) : held.path;
  }
  Recovered out;
  for (const std::string& file : files) {
    try {
      const std::optional<std::string> journal = recover(storage, file, force, files);
      if (!journal) continue;
      out.journals.push_back(*journal);
      const auto its = std::find_if(met.begin(), met.end(),
                                    [&](const auto& one) { return one.journal == *journal; });
      out.notes.push_back(parse_undo_note(its == met.end() ? "" : its->metadata));
      if (is_disk_inside(file)) {
        out.remarks.push_back(around_the_disk(storage, file, out.notes.back()));
      }
    } catch (const Error& e) {
      out.failures.push_back({file, e.at(file)});
    }
  }
  for (const UndoNote& note : out.notes) {
    restore_content_id(storage, place, note.content_id, out.remarks);
  }
  if (!out.failures.empty()) return out;
  for (const std::string& file : files) {
    for (const std::string& left : foreign_leftovers(storage, file)) {
      out.remarks.push_back(left +
                            " has a name that goldhive gives to its own files, and stays: it is no "
                            "regular file, or not known by its bytes to be left over from a patch");
    }
  }
  for (const std::string& left : remove_undo_leftovers(storage, place)) {
    out.remarks.push_back(
        left +
        " has a name that goldhive gives beside undo files, and stays: it is not "
        "known by its bytes to be left over from a patch or an undo, or could not "
        "be removed");
  }
  return out;
}

void restore_content_id(Storage& storage, const JournalPlace& place, const std::string& id,
                        std::vector<std::string>& notes) {
  if (id.empty() || place.file.empty()) return;
  const std::string file = join_path(place.root, place.file);
  std::string why;
  try {
    const std::unique_ptr<HeldFolder> folder = hold_root(storage, place);
    if (vmdk_content_id(storage, file) == id) return;
    const std::string journal = journal_path(place.root, {disk_inside(place.file)});
    if (storage.stat(journal)) return;  // it is not what it was
    restore_vmdk_content_id(storage, file, id);
    if (vmdk_content_id(storage, file) == id) return;
  } catch (const Error& e) {
    why = std::string(" (") + e.what() + ")";
  }
  notes.push_back(file +
                  " has the disk that it had, but another CID: what has it as its parent "
                  "disk does not know it by that" +
                  why);
}

void raise_first(const std::vector<report::RestoreReport::Failure>& failures) {
  if (!failures.empty()) throw Error(failures.front().error);
}

namespace {

/// Whether `files`, the undo files of the last patch that was finished, are those that what was
/// rolled back had left before: parts of the same patch.
bool are_of_patch(const ReadStorage& storage, const JournalPlace& place,
                  const std::vector<UndoFile>& files, const std::vector<UndoNote>& rolled_back) {
  if (files.empty()) return false;
  const UndoNote newest = parse_undo_note(undo_metadata(storage, place, files.front().path));
  return std::any_of(rolled_back.begin(), rolled_back.end(), [&](const UndoNote& note) {
    return note.part == newest.part + 1 && note.installations == newest.installations;
  });
}

constexpr const char* one_before_stays =
    "what was cut off was the last patch; the one before it stays, and another undo takes it back";

/// Takes one undo file back, and says so.
void take_back(Storage& storage, const JournalPlace& place, const UndoFile& file,
               const UndoSettings& settings, report::TargetReport& report) {
  const UndoNote note = parse_undo_note(undo_metadata(storage, place, file.path));
  const UndoResult result =
      undo(storage, place, file.path, settings.force, {settings.links, note.other_names});
  for (const std::string& path : result.targets) {
    report.restore->files.push_back({without_disk_inside(path), result.changed});
  }
  for (const std::string& path : result.separated) {
    report.notes.push_back(without_disk_inside(path) +
                           " is a file of its own now; its other names keep the patched one");
  }
  restore_content_id(storage, place, note.content_id, report.notes);
  for (const std::string& path : result.targets) {
    if (result.changed && is_disk_inside(path)) {
      report.notes.push_back(around_the_disk(storage, path, note));
    }
  }
}

void set_format(const ReadStorage& storage, const std::string& path, report::TargetReport& report) {
  // A file of a kind that is not read has a name for people, which is no name of a format.
  const std::string format = detect_format(storage, path);
  if (std::any_of(formats().begin(), formats().end(),
                  [&](const Format& known) { return known.name == format; })) {
    report.format = format;
  }
}

}  // namespace

Error no_undo_file(const TargetName& name) {
  return Error(ErrorKind::not_found,
               "no undo file: it was not patched, or under another name (a part of it, or more), "
               "or with --no-undo, or its undo file lies elsewhere (--undo-dir)",
               name.path);
}

bool undo_target(Storage& storage, const TargetName& name, const std::string& absolute_path,
                 const UndoSettings& settings, report::TargetReport& report) {
  if (!storage.stat(name.path)) {
    throw Error(ErrorKind::not_found, "no such file or folder", name.path);
  }
  set_format(storage, name.path, report);
  const JournalPlace own = undo_place(storage, name.path, absolute_path, settings.place);
  const std::unique_ptr<HeldFolder> held = hold_root(storage, own);
  std::vector<UndoNote> rolled_back;
  try {
    Recovered earlier = recover_target(storage, own, name.path, settings.open, false);
    report.notes = std::move(earlier.remarks);
    report.restore->journals = std::move(earlier.journals);
    rolled_back = std::move(earlier.notes);
    if (!own.file.empty()) raise_first(earlier.failures);
    report.restore->failures = std::move(earlier.failures);
  } catch (const Error&) {
    // A target that was damaged after the patch cannot be opened, but it can be put back.
    if (!newest_undo_file(storage, own)) throw;
  }
  const PlacedUndoFiles found = last_patch(storage, name, absolute_path, settings.place);
  const JournalPlace& place = found.place;
  const std::vector<UndoFile>& files = found.files;
  if (!rolled_back.empty() && !are_of_patch(storage, place, files, rolled_back)) {
    if (!files.empty()) {
      report.notes.emplace_back(one_before_stays);
    }
    raise_first(report.restore->failures);
    return true;
  }
  if (files.empty()) return false;
  require_asked_for(storage, place, files.front().path, name);
  for (const UndoFile& file : files) {
    try {
      take_back(storage, place, file, settings, report);
    } catch (const Error& e) {
      // In an image a part rests on those before it. In a folder each has files of its own.
      if (!place.file.empty() || files.size() == 1) throw;
      report.restore->failures.push_back({file.path, e.at(file.path)});
    }
  }
  raise_first(report.restore->failures);
  return true;
}

namespace {

/// The changes of the target that were cut off, and whose writers are gone.
std::vector<ReadThroughStorage::Met> cut_off_in(const ReadStorage& storage, const std::string& path,
                                                const OpenOptions& options) {
  const ReadThroughStorage through(storage);
  try {
    for (const std::string& file : files_of(target::OpenTarget(through, {path, ""}, options))) {
      through.open(file);
    }
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch)
    // A target that was damaged after the patch cannot be opened, but it can be put back.
  }
  std::vector<ReadThroughStorage::Met> met = through.journals();
  met.erase(std::remove_if(
                met.begin(), met.end(),
                [&](const auto& one) { return !one.fits || !storage.writer_of(one.file).empty(); }),
            met.end());
  return met;
}

/// True if an undo would do no more than roll these back.
bool foresee_roll_back(const ReadStorage& storage, const PlacedUndoFiles& found,
                       const std::vector<ReadThroughStorage::Met>& met,
                       report::TargetReport& report) {
  std::vector<UndoNote> notes;
  for (const ReadThroughStorage::Met& one : met) {
    notes.push_back(parse_undo_note(one.metadata));
    report.restore->journals.push_back(one.journal);
    report.restore->files.push_back({without_disk_inside(one.file), true});
  }
  if (met.empty() || are_of_patch(storage, found.place, found.files, notes)) return false;
  if (!found.files.empty()) report.notes.emplace_back(one_before_stays);
  return true;
}

}  // namespace

void foresee_undo(const ReadStorage& storage, const TargetName& name,
                  const std::string& absolute_path, const UndoSettings& settings,
                  report::TargetReport& report) {
  if (!storage.stat(name.path)) {
    throw Error(ErrorKind::not_found, "no such file or folder", name.path);
  }
  set_format(storage, name.path, report);
  report.restore.emplace();
  const PlacedUndoFiles found = last_patch(storage, name, absolute_path, settings.place);
  const auto met = cut_off_in(storage, name.path, settings.open);
  if (foresee_roll_back(storage, found, met, report) || found.files.empty()) return;
  require_asked_for(storage, found.place, found.files.front().path, name);
  report.undo_files = undo_file_reports(storage, found, settings.links);
  for (const report::UndoFileReport& file : report.undo_files) {
    if (report.error) return;
    if (file.error) report.error = file.error;
    const bool refused =
        file.state == report::UndoState::no_match || file.state == report::UndoState::unknown;
    if (refused && !settings.force && !report.error) {
      report.error = Error(ErrorKind::refused,
                           "does not fit: the target was changed since that patch; undo --force "
                           "puts the old bytes back all the same",
                           file.path);
    }
  }
}

}  // namespace goldhive::patch
