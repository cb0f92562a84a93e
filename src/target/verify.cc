#include "src/target/verify.h"

#include "imgtools/host/path.h"
#include "src/hive/recovery.h"

namespace goldhive::target {
namespace {

std::shared_ptr<const ByteSource> log_beside(const FileTree& tree, const std::string& hive,
                                             const char* suffix) {
  return tree.open_if_present(hive + suffix);
}

report::HiveCheckReport check_hive(const FileTree& tree, const std::string& path,
                                   const std::string& id, bool use_logs) {
  const std::shared_ptr<const ByteSource> primary = tree.open(path);
  hive::LogSources logs;
  if (use_logs) {
    logs.log = log_beside(tree, path, ".LOG");
    logs.log1 = log_beside(tree, path, ".LOG1");
    logs.log2 = log_beside(tree, path, ".LOG2");
  }
  const hive::OpenedHive opened = hive::open_with_logs(primary, logs);
  report::HiveCheckReport out;
  out.id = id;
  out.path = path;
  out.size = primary->size();
  out.state = opened.state;
  out.reason = opened.reason;
  out.result = hive::check(opened.contents ? *opened.contents : *primary);
  return out;
}

/// The name of a lone hive in its tree, where its logs are the other entries.
std::string lone_hive(const Image& image) { return base_name(image.host_files().front()); }

std::vector<report::HiveCheckReport> check_hives(const VisitedVolume& visited,
                                                 const windows::InspectOptions& options) {
  std::vector<report::HiveCheckReport> checks;
  const std::shared_ptr<const FileTree>& tree = visited.volume.tree;
  if (!tree) return checks;  // an encrypted volume
  if (visited.image.format() == "hive") {
    checks.push_back(
        check_hive(*tree, lone_hive(visited.image), visited.name.path, options.use_logs));
    return checks;
  }
  for (const windows::Installation& found : installations_in(visited, options)) {
    for (const windows::HiveFact& hive : found.hives) {
      if (hive.missing) continue;
      checks.push_back(check_hive(*tree, hive.path, found.id, options.use_logs));
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
