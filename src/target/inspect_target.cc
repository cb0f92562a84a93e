#include "src/target/inspect_target.h"

#include "src/policy/checks.h"

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

report::TargetReport inspect_target(const ReadStorage& storage, const std::string& target,
                                    const Options& options, const AfterInspection& after) {
  std::vector<std::size_t> volumes;
  const VisitForReport visit = [&](const VisitedVolume& visited, report::TargetReport& out) {
    for (windows::Installation& found : installations_in(visited, options.inspect)) {
      out.installations.push_back(judge(std::move(found), options));
      out.installations.back().refusal = refusal(visited, options.force_unclean);
      volumes.push_back(visited.index);
    }
  };
  return visit_target(storage, target, options, visit,
                      [&](const OpenTarget& open, report::TargetReport& out) {
                        if (after) after(open, volumes, out);
                      });
}

}  // namespace goldhive::target
