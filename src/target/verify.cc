#include "src/target/verify.h"

#include "imgtools/bytes/digest.h"
#include "imgtools/lone_hive.h"
#include "src/windows/hive_with_logs.h"

namespace goldhive::target {
namespace {

report::HiveCheckReport check_hive(const FileTree& tree, const std::string& path,
                                   const std::string& id, const windows::InspectOptions& options) {
  windows::HiveWithLogs files(tree, path);
  const hive::OpenedHive opened = files.open(options.use_logs);
  report::HiveCheckReport out;
  out.id = id;
  out.path = path;
  out.size = files.primary()->size();
  if (options.hash) out.sha256 = to_hex(sha256(*files.primary()));
  out.state = opened.state;
  out.reason = opened.reason;
  out.result = hive::check(opened.contents ? *opened.contents : *files.primary());
  return out;
}

std::vector<report::HiveCheckReport> check_hives(const VisitedVolume& visited,
                                                 const windows::InspectOptions& options) {
  std::vector<report::HiveCheckReport> checks;
  const std::shared_ptr<const FileTree>& tree = visited.volume.tree;
  if (!tree) return checks;  // an encrypted volume
  if (const auto* lone = dynamic_cast<const LoneHive*>(&visited.image)) {
    checks.push_back(check_hive(*tree, lone->hive_path(), visited.name.path, options));
    checks.back().stands_alone = true;
    return checks;
  }
  for (const windows::Installation& found : installations_in(visited, options)) {
    for (const windows::HiveFact& hive : found.hives) {
      if (hive.missing) continue;
      checks.push_back(check_hive(*tree, hive.path, found.id, options));
    }
  }
  return checks;
}

}  // namespace

report::TargetReport verify_target(const ReadStorage& storage, const std::string& target,
                                   const Options& options) {
  return visit_target(
      storage, target, options, [&](const VisitedVolume& visited, report::TargetReport& out) {
        for (report::HiveCheckReport& check : check_hives(visited, options.inspect)) {
          if (!out.hive_checks) out.hive_checks.emplace();
          out.hive_checks->push_back(std::move(check));
        }
      });
}

}  // namespace goldhive::target
