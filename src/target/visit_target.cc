#include "src/target/visit_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "imgtools/bytes/text.h"
#include "imgtools/formats.h"
#include "imgtools/host/path.h"
#include "src/target/image_choice.h"
#include "src/windows/find_installations.h"

namespace goldhive::target {
namespace {

using report::InstallationReport;
using report::TargetReport;

report::VolumeReport describe(const VisitedVolume& visited) {
  const Volume& v = visited.volume;
  return {visited.id(), v.id,          v.label,       v.file_system,
          v.size,       v.passed_over, v.description, v.foreign};
}

void append(std::vector<std::string>& notes, const std::vector<std::string>& more) {
  notes.insert(notes.end(), more.begin(), more.end());
}

std::size_t rows_of(const TargetReport& target) {
  return target.installations.size() + (target.hive_checks ? target.hive_checks->size() : 0);
}

bool is_volume(const TargetReport& target, const std::string& selector) {
  return std::any_of(target.volumes.begin(), target.volumes.end(),
                     [&](const report::VolumeReport& v) { return v.id == selector; });
}

/// What to say of a target in which no Windows was found.
std::string nothing_found(const TargetReport& target) {
  std::string passed_over;
  for (const report::VolumeReport& v : target.volumes) {
    if (v.passed_over.empty()) continue;
    passed_over += (passed_over.empty() ? "; passed over: " : ", ") + v.id +
                   (v.id.empty() ? "" : " ") + v.passed_over;
  }
  return "no Windows installation and no SOFTWARE or SYSTEM hive found" + passed_over;
}

/// The files that a target is read from: those of an image, the hives of a tree.
std::vector<std::string> files_of(const OpenTarget& open, const TargetReport& target) {
  std::vector<std::string> files = open.image().host_files();
  if (!files.empty()) return files;
  for (const InstallationReport& row : target.installations) {
    add_hives(row.facts, open.image(), 0, files);  // a folder is one volume
  }
  return files;
}

/// Warns of files that somebody is writing: they may have been read with half of a change in them.
void note_writers(const ReadStorage& storage, const std::vector<std::string>& files,
                  TargetReport& out) {
  for (const std::string& file : files) {
    const std::string writer = storage.writer_of(file);
    if (writer.empty()) continue;
    out.notes.push_back(file + " may change while it is read: " + writer +
                        "; scan it again when that is done");
  }
}

/// Lets the command look at one volume, and notes what there is to say of the volume itself.
void visit_for_report(const VisitedVolume& visited, const VisitForReport& visit,
                      TargetReport& out) {
  const Volume& volume = visited.volume;
  out.volumes.push_back(describe(visited));
  if (!volume.tree && !volume.state.encrypted) return;
  const std::size_t before = rows_of(out);
  const std::size_t installations = out.installations.size();
  visit(visited, out);
  if (!volume.tree) return;
  if (rows_of(out) == before && visited.image.may_lack_windows() && !volume.id.empty()) {
    out.notes.push_back(volume.id + " holds no Windows: not applicable");
  }
  for (const std::string& note : volume.tree->notes()) {
    out.notes.push_back(volume.id.empty() ? note : volume.id + ": " + note);
  }
  for (std::size_t i = installations; i < out.installations.size(); ++i) {
    const std::optional<Error>& unseen = out.installations[i].facts.not_looked_into;
    if (unseen) throw Error(*unseen);  // what was found is judged; the volume as a whole is not
  }
}

/// The files of a volume that are images or archives by their content: they may hold a Windows, and
/// those that lie in a disk, a WIM or an ISO are not opened. Looks at some thousands of files.
std::vector<std::string> unopened_in(const FileTree& tree) {
  constexpr std::size_t most_files = 2000;
  constexpr std::uint64_t least_size = 512;
  constexpr std::uint64_t head_size = 36 << 10;  // the mark of an ISO is the farthest
  std::vector<std::string> found;
  std::deque<std::string> folders{""};
  std::size_t looked_at = 0;
  while (!folders.empty() && looked_at < most_files) {
    const std::string folder = folders.front();
    folders.pop_front();
    try {
      for (const TreeEntry& entry : tree.list(folder)) {
        const std::string path = windows::join_path(folder, entry.name);
        if (entry.directory) folders.push_back(path);
        if (entry.directory || entry.size < least_size || ++looked_at > most_files) continue;
        const auto length = static_cast<std::size_t>(std::min(entry.size, head_size));
        const Bytes head = tree.open(path)->read(0, length);
        const bool is_hive = ByteView(head, 0, path).starts_with("regf");
        if (!is_hive && may_be_image(head, entry.size)) found.push_back(path);
      }
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): a file that cannot be read
    }
  }
  return found;
}

/// Says which files of the target could hold the Windows that was not found in it; "" if none.
std::string unopened_files(const OpenTarget& open) {
  std::vector<std::string> names;
  const std::vector<Volume>& volumes = open.image().volumes();
  for (const Volume& volume : volumes) {
    // The files of a folder and of an archive are opened or named already.
    if (!volume.tree || volume.tree->is_host_folder() || volume.tree->known_hives()) continue;
    for (const std::string& path : unopened_in(*volume.tree)) {
      const std::string id = volume.id + "/" + path;
      const bool is_opened = std::any_of(volumes.begin(), volumes.end(), [&](const Volume& other) {
        return nt_equal(other.id.substr(0, id.size()), id);
      });
      if (!is_opened) names.push_back(id);
    }
  }
  if (names.empty()) return "";
  return fmt::format(
      "no Windows was found, and one may be in files that are not opened there: {}; "
      "extract them, and give them",
      first_of(names));
}

/// Says that nothing was found in the target, where no error explains it.
void report_nothing_found(const OpenTarget& open, const Options& options, TargetReport& out) {
  if (const std::string unopened = unopened_files(open); !unopened.empty()) {
    if (!options.may_be_empty) throw Error(ErrorKind::unsupported, unopened);
    out.notes.push_back(unopened);
    return;
  }
  if (open.image().may_lack_windows() && !out.volumes.empty()) return;
  const std::string& selector = open.name().selector;
  if (!selector.empty() && !is_volume(out, selector)) {
    throw Error(ErrorKind::not_found,
                "no volume or installation '" + selector + "' in it (see goldhive list)");
  }
  if (!options.may_be_empty) throw Error(ErrorKind::not_found, nothing_found(out));
  out.notes.push_back(nothing_found(out));
}

/// A recovery system, or a Windows that no rule is for, says nothing of the Windows beside it.
bool nothing_applies(const TargetReport& target) {
  return !target.installations.empty() &&
         std::all_of(target.installations.begin(), target.installations.end(),
                     [](const InstallationReport& i) {
                       return !i.findings.empty() &&
                              std::all_of(i.findings.begin(), i.findings.end(), [](const auto& f) {
                                return f.verdict == policy::Verdict::not_applicable;
                              });
                     });
}

/// Error(unsupported) if a Windows may lie where nothing is left to read, as in a disk that was cut
/// off, or the only one that rules are for where nobody can read.
void require_all_looked_at(const OpenTarget& open, const TargetReport& target) {
  const std::vector<std::string> lost = open.image().lost();
  if (!lost.empty() && open.name().selector.empty()) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("{} cannot be looked at and may hold a Windows{}", fmt::join(lost, ", "),
                    rows_of(target) == 0 ? ", and no other was found" : ""));
  }
  if (rows_of(target) == 0 || !nothing_applies(target)) return;
  for (const Volume& volume : open.image().volumes()) {
    if (!volume.unread) continue;
    throw Error(ErrorKind::unsupported,
                fmt::format("{} cannot be read ({}) and may hold a Windows, and of what was found "
                            "nothing is to be judged",
                            volume.id, volume.passed_over));
  }
}

void visit_open_target(const ReadStorage& storage, const OpenTarget& open, const Options& options,
                       const VisitForReport& visit, const AfterVisits& after, TargetReport& out) {
  out.format = open.image().format();
  out.notes = open.notes();
  out.details = open.image().details();
  // The volumes that can be read are judged. With an error, the target as a whole is not.
  std::vector<Error> others;
  out.error = open.visit(
      [&](const VisitedVolume& visited) { visit_for_report(visited, visit, out); }, &others);
  for (const Error& error : others) out.notes.push_back(error.what());
  if (after) after(open, out);
  // Last, to include those who opened a file while we read it.
  note_writers(storage, files_of(open, out), out);
  if (out.error) return;
  require_all_looked_at(open, out);
  if (rows_of(out) == 0) report_nothing_found(open, options, out);
}

}  // namespace

namespace {

/// What is in the volume, or in a folder of it, with the path of the target.
std::vector<windows::Installation> inspect(const VisitedVolume& visited,
                                           const windows::InspectOptions& options) {
  const std::string& path = visited.name.path;
  std::vector<windows::Installation> found = windows::inspect(visited.volume, path, options);
  for (windows::Installation& each : found) each.target = with_slashes(path);
  return found;
}

}  // namespace

std::vector<windows::Installation> installations_in(const VisitedVolume& visited,
                                                    const windows::InspectOptions& options) {
  const TargetName& name = visited.name;
  windows::InspectOptions only = options;
  only.folder = name.folder_in(visited.volume.id);
  if (!only.folder.empty() && visited.volume.tree) {
    std::vector<windows::Installation> found = inspect(visited, only);
    if (!found.empty()) return found;
  }
  std::vector<windows::Installation> found = inspect(visited, options);
  const auto passed_by = [&](const windows::Installation& i) {
    return !name.selects(name.rest_of(i.id));
  };
  found.erase(std::remove_if(found.begin(), found.end(), passed_by), found.end());
  return found;
}

OpenTarget::OpenTarget(const ReadStorage& storage, TargetName name, const OpenOptions& options)
    : name_(std::move(name)),
      storage_(std::make_unique<BudgetedStorage>(
          storage, std::make_shared<ParseBudget>(options.max_unpacked))),
      image_(open_image(*storage_, name_.path, options)),
      notes_(image_->notes()) {}

OpenTarget::OpenTarget(const ReadStorage& storage, TargetName name, const Options& options)
    : OpenTarget(storage, std::move(name), options.open) {
  narrow_to(chosen_images(image_->volumes(), options.images, name_.path));
  if (options.check) append(notes_, image_->check());
}

void OpenTarget::narrow_to(std::vector<std::string> ids) {
  if (ids.empty()) return;
  std::erase_if(ids, [&](const std::string& id) { return !name_.may_be_in(id); });
  if (ids.empty()) {
    throw Error(ErrorKind::usage,
                "the target names " + name_.selector + ", but --image names another image",
                name_.path);
  }
  if (ids.size() == 1 && name_.selector.empty()) name_.selector = ids.front();
  images_ = std::move(ids);
}

bool OpenTarget::asks_for(const Volume& volume) const {
  return name_.may_be_in(volume.id) &&
         (images_.empty() || std::find(images_.begin(), images_.end(), volume.id) != images_.end());
}

VisitedVolume OpenTarget::volume(std::size_t index) const {
  return {*image_, name_, index, image_->volumes().at(index)};
}

std::optional<Error> OpenTarget::visit(const Visit& visit, std::vector<Error>* others) const {
  std::optional<Error> first;
  const auto tell = [&](const Error& error) {
    if (!first) {
      first = error;
    } else if (others != nullptr) {
      others->push_back(error);
    }
  };
  for (std::size_t index = 0; index < image_->volumes().size(); ++index) {
    const VisitedVolume visited = volume(index);
    if (!asks_for(visited.volume)) continue;
    if (visited.volume.error) tell(visited.volume.error->at(visited.id()));
    try {
      visit(visited);
    } catch (const Error& e) {
      tell(e.at(visited.id()));
    }
  }
  return first;
}

std::optional<Error> OpenTarget::find_installations(const windows::InspectOptions& options,
                                                    std::vector<Found>& found) const {
  return visit([&](const VisitedVolume& visited) {
    for (windows::Installation& each : installations_in(visited, options)) {
      found.push_back({visited.index, std::move(each)});
    }
  });
}

TargetReport visit_target(const ReadStorage& storage, const std::string& target,
                          const Options& options, const VisitForReport& visit,
                          const AfterVisits& after) {
  TargetReport out;
  out.path = target;
  try {
    const OpenTarget open(storage, split_target(storage, target), options);
    visit_open_target(storage, open, options, visit, after, out);
  } catch (const Error& e) {
    out.error = e.at(target);
  } catch (const std::exception& e) {
    // Memory has run out, or goldhive has a defect. The other targets are worked on all the same.
    out.error = Error(ErrorKind::io, std::string("cannot be read: ") + e.what(), target);
  }
  return out;
}

void add_hives(const windows::Installation& installation, const Image& image, std::size_t index,
               std::vector<std::string>& files) {
  for (const windows::HiveFact& hive : installation.hives) {
    if (hive.missing) continue;
    for (const auto& [path, size] : image.host_change(index, {{hive.path, 0, {}}}).sizes) {
      files.push_back(path);
    }
  }
}

}  // namespace goldhive::target
