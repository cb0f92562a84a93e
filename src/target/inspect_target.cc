#include "src/target/inspect_target.h"

#include <algorithm>

#include "imgtools/formats.h"
#include "src/policy/checks.h"
#include "src/policy/servicing.h"

namespace goldhive::target {

report::InstallationReport judge(windows::Installation facts, const Options& options) {
  report::InstallationReport out;
  if (options.policy != nullptr) {
    out.findings = policy::evaluate(facts, *options.policy, options.today);
  }
  out.facts = std::move(facts);
  return out;
}

std::optional<Error> refusal(const VisitedVolume& visited, bool force_unclean) {
  if (const std::optional<Error> error = visited.image.refusal(visited.index)) {
    return error->at(visited.name.path);
  }
  if (!visited.volume.state.dirty || force_unclean) return std::nullopt;
  return Error(ErrorKind::refused,
               "the volume is marked dirty and is not patched: run chkdsk /f on it in Windows, or "
               "patch it as it is with --force-unclean",
               visited.id());
}

namespace {

/// True of hives that lie without the files of Windows where the files would decide a row.
bool files_would_settle(const report::InstallationReport& row) {
  return row.facts.loose &&
         std::any_of(row.findings.begin(), row.findings.end(), [](const policy::Finding& finding) {
           return finding.id == policy::servicing::id &&
                  finding.verdict == policy::Verdict::undetermined;
         });
}

}  // namespace

report::TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                                    const Options& options, const AfterInspection& after) {
  std::vector<std::size_t> volumes;
  std::unique_ptr<Image> files;  // opened for each target: they are worked on side by side
  windows::InspectOptions inspect = options.inspect;
  if (!options.files.empty()) {
    files = open_image(storage, options.files);
    inspect.files = files->volumes().front().tree.get();
  }
  const VisitForReport visit = [&](const VisitedVolume& visited, report::TargetReport& out) {
    for (windows::Installation& found : installations_in(visited, inspect)) {
      out.installations.push_back(judge(std::move(found), options));
      out.installations.back().refusal = refusal(visited, options.force_unclean);
      if (inspect.files == nullptr && files_would_settle(out.installations.back())) {
        out.notes.push_back(out.installations.back().facts.id +
                            ": --files DIR names a folder with the files of this Windows (Windows, "
                            "System32 or its DLLs); winhttp.dll and webio.dll in it would settle " +
                            std::string(policy::servicing::id));
      }
      volumes.push_back(visited.index);
    }
  };
  return visit_target(storage, target, options, visit,
                      [&](const OpenTarget& open, report::TargetReport& out) {
                        if (after) after(open, volumes, out);
                      });
}

}  // namespace goldhive::target
