#include "src/target/inspect_target.h"

#include <algorithm>

#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"
#include "src/policy/checks.h"

namespace goldhive::cli {
namespace {

using report::InstallationReport;
using report::TargetReport;

/// "/sources/install.wim" names all images of that WIM in an ISO, "/disk.vhd" the volumes of that
/// disk in a zip.
bool is_file_of(const std::string& selector, const std::string& volume_id) {
  return selector.starts_with('/') &&
         (volume_id.starts_with(selector + "@") || volume_id.starts_with(selector + ":"));
}

report::VolumeReport describe(const Volume& v, const std::string& path) {
  return {path + v.id, v.id, v.label, v.file_system, v.size, v.passed_over, v.description};
}

std::size_t judged(const TargetReport& target) {
  return target.installations.size() + (target.hive_checks ? target.hive_checks->size() : 0);
}

bool is_number(const std::string& text) {
  return text.find_first_not_of("0123456789") == std::string::npos;
}

/// The id of the image that `--image` names, by its number or its name.
std::string image_id(const Image& image, const std::string& wanted, const std::string& path) {
  std::vector<std::string> ids;
  std::string known;
  for (const Volume& volume : image.volumes()) {
    const std::size_t at = volume.id.rfind('@');
    if (at == std::string::npos) continue;
    known += (known.empty() ? "" : ", ") + volume.id +
             (volume.label.empty() ? "" : " \"" + volume.label + "\"");
    const bool meant =
        is_number(wanted) ? volume.id.substr(at + 1) == wanted : nt_equal(volume.label, wanted);
    if (meant) ids.push_back(volume.id);
  }
  if (known.empty()) {
    throw Error(ErrorKind::usage, "has no images to choose from with --image", path);
  }
  if (ids.size() == 1) return ids.front();
  throw Error(
      ids.empty() ? ErrorKind::not_found : ErrorKind::usage,
      (ids.empty() ? "has no image '" : "has several images '") + wanted + "'; there are " + known,
      path);
}

InstallationReport judge(windows::Installation facts, const PipelineOptions& options) {
  InstallationReport out;
  if (options.policy != nullptr) {
    out.findings = policy::evaluate(facts, *options.policy, options.today);
  }
  out.facts = std::move(facts);
  return out;
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

/// A verdict on what is being written is one on a moment, perhaps on half a change.
void note_writers(const ReadStorage& storage, const std::vector<std::string>& files,
                  TargetReport& out) {
  for (const std::string& file : files) {
    const std::string writer = storage.writer_of(file);
    if (writer.empty()) continue;
    out.notes.push_back(file + " may change while it is read: " + writer +
                        "; scan it again when that is done");
  }
}

/// The files that a target is read from: those of an image, the hives of a tree.
std::vector<std::string> files_of(const Image& image, const TargetReport& target,
                                  const std::string& path) {
  std::vector<std::string> files = image.host_files();
  if (!files.empty()) return files;
  for (const InstallationReport& row : target.installations) add_hives(row.facts, path, files);
  return files;
}

}  // namespace

bool may_hold(const std::string& selector, const std::string& volume_id) {
  if (selector.empty() || is_file_of(selector, volume_id)) return true;
  if (volume_id.empty()) return selector.starts_with(':');  // an installation in it
  if (!selector.starts_with(volume_id)) return false;
  const char next = selector.size() > volume_id.size() ? selector[volume_id.size()] : ':';
  return next < '0' || next > '9';  // "@1" does not hold "@10"
}

void add_hives(const windows::Installation& installation, const std::string& path,
               std::vector<std::string>& files) {
  for (const windows::HiveFact& hive : installation.hives) {
    if (!hive.missing) files.push_back(path + "/" + hive.path);
  }
}

bool selects(const std::string& selector, const std::string& suffix) {
  return selector.empty() || suffix == selector || suffix.starts_with(selector + ":") ||
         is_file_of(selector, suffix);
}

TargetName split_target(const ReadStorage& storage, const std::string& text) {
  const TargetName whole{text, ""};
  if (storage.stat(text)) return whole;
  for (std::size_t at = text.size(); at-- > 1;) {
    if (text[at] != '@' && text[at] != ':' && !is_separator(text[at])) continue;
    const std::string path = text.substr(0, at);
    const std::optional<FileInfo> info = storage.stat(path);
    if (!info) continue;
    // What a directory holds is a target of its own, or not there.
    if (is_separator(text[at]) && info->type == FileType::directory) break;
    return {path, with_slashes(text.substr(at))};
  }
  return whole;
}

std::vector<windows::Installation> selected_installations(const Volume& volume,
                                                          const TargetName& name,
                                                          const windows::InspectOptions& options) {
  std::vector<windows::Installation> found = windows::inspect(volume, name.path, options);
  const auto passed_by = [&](const windows::Installation& i) {
    return !selects(name.selector, i.id.substr(name.path.size()));
  };
  found.erase(std::remove_if(found.begin(), found.end(), passed_by), found.end());
  const std::string folder_mark = volume.id + ":/";
  if (found.empty() && name.selector.starts_with(folder_mark) && volume.tree) {
    windows::InspectOptions only = options;
    only.folder = name.selector.substr(folder_mark.size());
    if (!only.folder.empty()) found = windows::inspect(volume, name.path, only);
  }
  return found;
}

std::unique_ptr<Image> open_target(const ReadStorage& storage, TargetName& name,
                                   const PipelineOptions& options,
                                   std::vector<std::string>& notes) {
  std::unique_ptr<Image> image = open_image(storage, name.path, options.open);
  if (!options.image.empty() && options.image != "all") {
    const std::string id = image_id(*image, options.image, name.path);
    if (!name.selector.empty() && !may_hold(name.selector, id)) {
      throw Error(ErrorKind::usage,
                  "the target names " + name.selector + ", and --image another image", name.path);
    }
    if (name.selector.empty()) name.selector = id;
  }
  if (options.check) notes = image->check();
  return image;
}

TargetReport visit_target(const ReadStorage& storage, const std::string& target,
                          const PipelineOptions& options, const VisitVolume& visit) {
  TargetReport out;
  out.path = target;
  try {
    TargetName name = split_target(storage, target);
    std::vector<std::string> checked;
    const std::unique_ptr<Image> image = open_target(storage, name, options, checked);
    out.format = image->format();
    out.notes = image->notes();
    out.notes.insert(out.notes.end(), checked.begin(), checked.end());
    for (const Volume& volume : image->volumes()) {
      if (!may_hold(name.selector, volume.id)) continue;
      out.volumes.push_back(describe(volume, name.path));
      // The other volumes are judged all the same, but the target as a whole is not.
      if (volume.error && !out.error) out.error = volume.error->at(name.path + volume.id);
      if (!volume.tree && !volume.state.encrypted) continue;
      const std::size_t before = judged(out);
      try {
        visit(*image, volume, name, out);
      } catch (const Error& e) {
        if (!out.error) out.error = e.at(name.path + volume.id);
        continue;
      }
      if (!volume.tree) continue;
      if (judged(out) == before && image->may_lack_windows() && !volume.id.empty()) {
        out.notes.push_back(volume.id + " holds no Windows: not applicable");
      }
      const std::vector<std::string> notes = volume.tree->notes();
      out.notes.insert(out.notes.end(), notes.begin(), notes.end());
    }
    // Last, so that it tells of whoever came in the meantime.
    note_writers(storage, files_of(*image, out, name.path), out);
    const bool may_be_empty = image->may_lack_windows() && !out.volumes.empty();
    if (judged(out) == 0 && !may_be_empty && !out.error) {
      if (!name.selector.empty() && !is_volume(out, name.selector)) {
        throw Error(ErrorKind::not_found,
                    "no volume or installation '" + name.selector + "' in it (see goldhive list)");
      }
      if (!options.may_be_empty) throw Error(ErrorKind::not_found, nothing_found(out));
      out.notes.push_back(nothing_found(out));
    }
  } catch (const Error& e) {
    out.error = e.at(target);
  } catch (const std::exception& e) {
    // Memory that ran out, or a defect of ours: one target must not take the others with it.
    out.error = Error(ErrorKind::io, std::string("cannot be read: ") + e.what(), target);
  }
  return out;
}

std::optional<Error> refusal(const Image& image, const Volume& volume, const std::string& target,
                             bool force_unclean) {
  const auto index = static_cast<std::size_t>(&volume - image.volumes().data());
  if (std::optional<Error> error = image.refusal(index)) return error;
  if (!volume.state.dirty || force_unclean) return std::nullopt;
  return Error(ErrorKind::refused,
               "the volume is marked dirty and is not patched: run chkdsk /f on it in Windows, or "
               "patch it as it is with --force-unclean",
               target + volume.id);
}

TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                            const PipelineOptions& options) {
  const VisitVolume visit = [&](const Image& image, const Volume& volume, const TargetName& name,
                                TargetReport& out) {
    for (windows::Installation& found : selected_installations(volume, name, options.inspect)) {
      out.installations.push_back(judge(std::move(found), options));
      out.installations.back().refusal = refusal(image, volume, name.path, options.force_unclean);
    }
  };
  return visit_target(storage, target, options, visit);
}

}  // namespace goldhive::cli
