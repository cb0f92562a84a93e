#include "src/patch/undo_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "imgtools/bytes/text.h"
#include "imgtools/change/own_names.h"
#include "imgtools/change/read_through.h"
#include "imgtools/change/undo.h"
#include "imgtools/host/path.h"
#include "src/patch/undo_note.h"
#include "src/patch/undo_place.h"
#include "src/target/folder_places.h"

namespace goldhive::patch {
namespace {

using report::UndoFileReport;
using report::UndoState;

/// So many folders above a tree may have been patched as one target (windows::find_installations()
/// looks no deeper).
constexpr int most_folders_above = 3;

/// Those of the last patch. Those of one patch lie at one place and are numbered one after the
/// other, as its parts are.
std::vector<UndoFile> of_last_patch(const ReadStorage& storage, const JournalPlace& place,
                                    std::vector<UndoFile> files) {
  if (files.empty()) return files;
  const std::uint64_t newest = files.front().number;
  const std::uint64_t part =
      parse_undo_note(undo_metadata(storage, place, files.front().path)).part;
  const std::uint64_t before = part < newest ? newest - part : 0;  // the last of earlier patches
  const std::string newest_place = files.front().place;
  std::erase_if(files, [&](const UndoFile& file) {
    return file.number <= before || file.place != newest_place;
  });
  return files;
}

/// Whether all that an undo file puts back lies below `folder`. False of one that is not believed:
/// it is the affair of another target.
bool is_within(const ReadStorage& storage, const JournalPlace& place, const UndoFile& file,
               const std::string& folder) {
  try {
    const std::vector<std::string> targets = undo_content(storage, place, file.path).targets;
    return std::all_of(targets.begin(), targets.end(), [&](const std::string& path) {
      return comparable(path).starts_with(comparable(join_path(folder, "")));
    });
  } catch (const Error&) {
    return false;
  }
}

/// The undo files that concern the tree at `absolute_path` alone, of patches of a folder above it.
PlacedUndoFiles of_folder_above(const ReadStorage& storage, const std::string& absolute_path,
                                const UndoOptions& options) {
  const std::string tree = without_trailing_separators(absolute_path);
  std::string above = tree;
  for (int i = 0; i < most_folders_above; ++i) {
    const std::string next = without_trailing_separators(parent_of(above));
    if (next.empty() || next == above) break;
    above = next;
    PlacedUndoFiles found{above, undo_place(storage, above, above, options), {}};
    for (const UndoFile& file : undo_files(storage, found.place)) {
      if (is_within(storage, found.place, file, tree)) found.files.push_back(file);
    }
    if (!found.files.empty()) return found;
  }
  return {};
}

UndoState state_of(UndoFit fit) {
  switch (fit) {
    case UndoFit::patched:
      return UndoState::fits;
    case UndoFit::original:
      return UndoState::done;
    case UndoFit::changed:
      return UndoState::no_match;
    case UndoFit::unknown:
      break;
  }
  return UndoState::unknown;
}

/// Compares an undo file with its targets. `waiting`: files that newer ones put back.
void compare_with_targets(const ReadStorage& storage, const JournalPlace& place,
                          std::set<std::string>& waiting, UndoFileReport& report) {
  const auto& files = report.files;
  if (std::any_of(files.begin(), files.end(),
                  [&](const std::string& file) { return waiting.count(file) != 0; })) {
    report.state = UndoState::in_turn;
    waiting.insert(files.begin(), files.end());
    return;
  }
  try {
    report.state = state_of(undo_fit(storage, place, report.path));
  } catch (const Error& e) {
    report.state = UndoState::unknown;
    report.error = e;
  }
  if (report.state == UndoState::fits) waiting.insert(files.begin(), files.end());
}

/// What stands in the way of taking an undo file back now, with force or without, as its error.
void find_obstacle(const ReadStorage& storage, const JournalPlace& place, Links links,
                   UndoFileReport& report) {
  const bool now = report.state == UndoState::fits || report.state == UndoState::no_match;
  if (report.error || !now) return;
  try {
    const UndoNote note = parse_undo_note(undo_metadata(storage, place, report.path));
    require_undo_possible(storage, place, report.path, {links, note.other_names});
  } catch (const Error& e) {
    report.error = e;
  }
}

/// Of one of those that were found; not compared.
UndoFileReport undo_file_report(const ReadStorage& storage, const PlacedUndoFiles& found,
                                const std::string& path) {
  UndoFileReport report;
  report.path = path;
  try {
    const UndoContent content = undo_content(storage, found.place, path);
    const UndoNote note = parse_undo_note(content.metadata);
    report.size = content.size;
    report.made = note.made;
    report.tool = note.tool;
    report.values = note.values;
    for (const std::string& id : note.installations) {
      report.installations.push_back(found.target + id);
    }
    for (const std::string& file : content.targets) {
      report.files.push_back(without_disk_inside(file));
    }
  } catch (const Error& e) {
    report.state = UndoState::unknown;
    report.error = e;
  }
  return report;
}

}  // namespace

PlacedUndoFiles undo_files_of(const ReadStorage& storage, const target::TargetName& name,
                              const std::string& absolute_path, const UndoOptions& options) {
  PlacedUndoFiles own{name.path, undo_place(storage, name.path, absolute_path, options), {}};
  own.files = undo_files(storage, own.place);
  if (!own.files.empty() || !own.place.file.empty() || !name.selector.empty()) return own;
  PlacedUndoFiles above = of_folder_above(storage, absolute_path, options);
  return above.files.empty() ? own : above;
}

PlacedUndoFiles last_patch(const ReadStorage& storage, const target::TargetName& name,
                           const std::string& absolute_path, const UndoOptions& options) {
  PlacedUndoFiles found = undo_files_of(storage, name, absolute_path, options);
  found.files = of_last_patch(storage, found.place, std::move(found.files));
  return found;
}

std::string trees_patched_alone(const ReadStorage& storage, const target::TargetName& name,
                                const std::string& absolute_path, const UndoOptions& options) {
  const std::optional<FileInfo> info = storage.stat(name.path);
  if (!info || info->type != FileType::directory || !name.selector.empty()) return "";
  std::vector<std::string> trees;
  for (const windows::Place& found : target::places_in_folder(storage, name.path)) {
    if (found.root.empty()) continue;
    const std::string tree = join_path(name.path, found.root);
    const JournalPlace place =
        undo_place(storage, tree, join_path(absolute_path, found.root), options);
    if (!undo_files(storage, place).empty()) trees.push_back(tree);
  }
  if (trees.empty()) return "";
  return "patched by their own names, so an undo takes each of these by its own name: " +
         first_of(trees);
}

std::vector<UndoFileReport> undo_file_reports(const ReadStorage& storage,
                                              const PlacedUndoFiles& found,
                                              std::optional<Links> compare) {
  std::vector<UndoFileReport> reports;
  std::set<std::string> waiting;
  // What a newer one will put back that does not fit now, nobody can say: it may yet be believed,
  // or its target be repaired.
  bool known = true;
  for (const UndoFile& file : found.files) {
    reports.push_back(undo_file_report(storage, found, file.path));
    UndoFileReport& report = reports.back();
    if (!compare) continue;
    if (!known) {
      report.state = UndoState::unknown;
    } else if (!report.error) {
      compare_with_targets(storage, found.place, waiting, report);
      find_obstacle(storage, found.place, *compare, report);
    }
    known = known && report.state != UndoState::unknown && report.state != UndoState::no_match;
  }
  return reports;
}

bool is_of_no_use(const UndoFileReport& undo) { return undo.state == UndoState::done; }

void prune_undo_files(Storage& storage, const PlacedUndoFiles& found,
                      const std::function<bool(const UndoFileReport&)>& wanted) {
  const std::unique_ptr<HeldFolder> root = hold_root(storage, found.place);
  // A target whose patch is under way, or was cut off, counts as it was before.
  const ReadThroughStorage through(storage);
  for (const UndoFileReport& undo : undo_file_reports(through, found, Links::refuse)) {
    if (is_of_no_use(undo) && wanted(undo)) discard_undo_file(storage, found.place, undo.path);
  }
}

}  // namespace goldhive::patch
