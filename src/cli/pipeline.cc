#include "src/cli/pipeline.h"

#include "src/policy/checks.h"

namespace goldhive::cli {
namespace {

using report::InstallationReport;
using report::TargetReport;

bool selected(const std::string& selector, const std::string& volume_id,
              const std::string& installation_suffix) {
  return selector.empty() || selector == volume_id || selector == installation_suffix;
}

/// A volume is worth a look if the selector names it or an installation in it.
bool may_hold(const std::string& selector, const std::string& volume_id) {
  return selector.empty() || selector.starts_with(volume_id);
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

/// A target that is one file and no readable hive is an error of the target; in a tree a damaged
/// hive is a finding among others.
std::optional<Error> damage_of_single_hive(const TargetReport& target) {
  if (target.format != "hive") return std::nullopt;
  for (const InstallationReport& i : target.installations) {
    for (const windows::HiveFact& h : i.facts.hives) {
      if (h.error) return h.error;
    }
  }
  return std::nullopt;
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

void fill(TargetReport& target, const Image& image, const TargetName& name,
          const PipelineOptions& options) {
  target.format = image.format();
  for (const Volume& volume : image.volumes()) {
    if (!may_hold(name.selector, volume.id)) continue;
    target.volumes.push_back(describe(volume));
    if (!volume.tree) continue;
    for (windows::Installation& found : windows::inspect(volume, name.path, options.inspect)) {
      if (!selected(name.selector, volume.id, found.id.substr(name.path.size()))) continue;
      target.installations.push_back(judge(std::move(found), options));
    }
    const std::vector<std::string> notes = volume.tree->notes();
    target.notes.insert(target.notes.end(), notes.begin(), notes.end());
  }
}

}  // namespace

TargetName split_target(const ReadStorage& storage, const std::string& text) {
  const TargetName whole{text, ""};
  if (storage.stat(text)) return whole;
  for (std::size_t at = text.find_last_of("@:"); at != std::string::npos && at > 0;
       at = text.find_last_of("@:", at - 1)) {
    const std::string path = text.substr(0, at);
    if (storage.stat(path)) return {path, text.substr(at)};
  }
  return whole;
}

TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                            const PipelineOptions& options) {
  TargetReport out;
  out.path = target;
  try {
    const TargetName name = split_target(storage, target);
    const std::unique_ptr<Image> image = open_image(storage, name.path, options.open);
    fill(out, *image, name, options);
    out.error = damage_of_single_hive(out);
    if (out.error) out.installations.clear();
    if (!out.error && out.installations.empty()) out.error = nothing_found(out, name);
  } catch (const Error& e) {
    out.error = e.at(target);
  } catch (const std::exception& e) {
    // Memory that ran out, or a defect of ours: one target must not take the others with it.
    out.error = Error(ErrorKind::io, std::string("cannot be read: ") + e.what(), target);
  }
  return out;
}

}  // namespace goldhive::cli
