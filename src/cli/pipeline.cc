#include "src/cli/pipeline.h"

#include <algorithm>

#include "src/policy/checks.h"

namespace goldhive::cli {
namespace {

using report::InstallationReport;
using report::TargetReport;

/// "/sources/install.wim" names all images of that WIM in an ISO.
bool is_file_of(const std::string& selector, const std::string& volume_id) {
  return selector.starts_with('/') && volume_id.starts_with(selector + "@");
}

bool selected(const std::string& selector, const std::string& volume_id,
              const std::string& installation_suffix) {
  return selector.empty() || selector == volume_id || selector == installation_suffix ||
         is_file_of(selector, volume_id);
}

/// A volume is worth a look if the selector names it or an installation in it.
bool may_hold(const std::string& selector, const std::string& volume_id) {
  return selector.empty() || selector.starts_with(volume_id) || is_file_of(selector, volume_id);
}

report::VolumeReport describe(const Volume& v) {
  return {v.id, v.label, v.file_system, v.size, v.passed_over};
}

InstallationReport judge(windows::Installation facts, const PipelineOptions& options) {
  InstallationReport out;
  if (options.policy != nullptr) {
    out.findings = policy::evaluate(facts, *options.policy, options.today);
  }
  out.facts = std::move(facts);
  return out;
}

Error nothing_found(const TargetReport& target, const TargetName& name) {
  if (!name.selector.empty()) {
    return Error(ErrorKind::not_found,
                 "no volume or installation '" + name.selector + "' in it (see goldhive list)",
                 target.path);
  }
  std::string passed_over;
  for (const report::VolumeReport& v : target.volumes) {
    if (v.passed_over.empty()) continue;
    passed_over += (passed_over.empty() ? "; passed over: " : ", ") + v.id +
                   (v.id.empty() ? "" : " ") + v.passed_over;
  }
  return Error(ErrorKind::not_found,
               "no Windows installation and no SOFTWARE or SYSTEM hive found" + passed_over,
               target.path);
}

}  // namespace

TargetName split_target(const ReadStorage& storage, const std::string& text) {
  const TargetName whole{text, ""};
  if (storage.stat(text)) return whole;
  for (std::size_t at = text.find_last_of("@:/"); at != std::string::npos && at > 0;
       at = text.find_last_of("@:/", at - 1)) {
    const std::string path = text.substr(0, at);
    const std::optional<FileInfo> info = storage.stat(path);
    if (!info) continue;
    // What a directory holds is a target of its own, or not there.
    if (text[at] == '/' && info->type == FileType::directory) break;
    return {path, text.substr(at)};
  }
  return whole;
}

std::vector<windows::Installation> selected_installations(const Volume& volume,
                                                          const TargetName& name,
                                                          const windows::InspectOptions& options) {
  std::vector<windows::Installation> found = windows::inspect(volume, name.path, options);
  const auto passed_by = [&](const windows::Installation& i) {
    return !selected(name.selector, volume.id, i.id.substr(name.path.size()));
  };
  found.erase(std::remove_if(found.begin(), found.end(), passed_by), found.end());
  return found;
}

TargetReport visit_target(const ReadStorage& storage, const std::string& target,
                          const OpenOptions& options, const VisitVolume& visit) {
  TargetReport out;
  out.path = target;
  try {
    const TargetName name = split_target(storage, target);
    const std::unique_ptr<Image> image = open_image(storage, name.path, options);
    out.format = image->format();
    out.notes = image->notes();
    for (const Volume& volume : image->volumes()) {
      if (!may_hold(name.selector, volume.id)) continue;
      out.volumes.push_back(describe(volume));
      // The other volumes are judged all the same, but the target as a whole is not.
      if (volume.error && !out.error) out.error = volume.error->at(name.path + volume.id);
      if (!volume.tree && !volume.state.encrypted) continue;
      visit(*image, volume, name, out);
      if (!volume.tree) continue;
      const std::vector<std::string> notes = volume.tree->notes();
      out.notes.insert(out.notes.end(), notes.begin(), notes.end());
    }
    if (out.installations.empty() && !out.hive_checks && !out.error) {
      throw nothing_found(out, name);
    }
  } catch (const Error& e) {
    out.error = e.at(target);
  } catch (const std::exception& e) {
    // Memory that ran out, or a defect of ours: one target must not take the others with it.
    out.error = Error(ErrorKind::io, std::string("cannot be read: ") + e.what(), target);
  }
  return out;
}

TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                            const PipelineOptions& options) {
  const VisitVolume visit = [&](const Image&, const Volume& volume, const TargetName& name,
                                TargetReport& out) {
    for (windows::Installation& found : selected_installations(volume, name, options.inspect)) {
      out.installations.push_back(judge(std::move(found), options));
    }
  };
  return visit_target(storage, target, options.open, visit);
}

}  // namespace goldhive::cli
