#include "src/target/verify.h"

#include "imgtools/host/path.h"
#include "src/hive/recovery.h"

namespace goldhive::cli {
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

}  // namespace

report::TargetReport verify_target(const ReadStorage& storage, const std::string& target,
                                   const PipelineOptions& options) {
  const bool use_logs = options.inspect.use_logs;
  const VisitVolume visit = [&](const Image& image, const Volume& volume, const TargetName& name,
                                report::TargetReport& out) {
    std::vector<report::HiveCheckReport> checks;
    if (image.format() == "hive") {
      checks.push_back(check_hive(*volume.tree, lone_hive(image), name.path, use_logs));
    } else {
      for (const auto& found : selected_installations(volume, name, options.inspect)) {
        for (const windows::HiveFact& hive : found.hives) {
          if (hive.missing) continue;
          checks.push_back(check_hive(*volume.tree, hive.path, found.id, use_logs));
        }
      }
    }
    if (checks.empty()) return;
    if (!out.hive_checks) out.hive_checks.emplace();
    out.hive_checks->insert(out.hive_checks->end(), checks.begin(), checks.end());
  };
  return visit_target(storage, target, options, visit);
}

}  // namespace goldhive::cli
