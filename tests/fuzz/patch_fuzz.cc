// From a hive to its patch: any bytes that hold a SOFTWARE or SYSTEM hive are judged and reported.
// If a patch can be planned and prepared, the rescan finds what the plan predicted. Also, nothing
// that is shown may drive a terminal.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "src/hive/base_block.h"
#include "src/hive/cross_check.h"
#include "src/patch/prepare.h"
#include "src/policy/checks.h"
#include "src/policy/plan.h"
#include "src/report/report.h"
#include "src/windows/inspect.h"
#include "tests/support/memory_tree.h"

using namespace goldhive;

namespace {

const policy::Policy& everything() {
  static const policy::Policy policy = [] {
    policy::Policy made = policy::builtin_policy("tls12-only");
    made.check_dotnet = true;
    made.wininet_required = 0xA80;
    return made;
  }();
  return policy;
}

std::vector<windows::Installation> inspect(std::shared_ptr<const FileTree> tree) {
  Volume volume;
  volume.tree = std::move(tree);
  windows::InspectOptions options;
  options.dotnet = true;
  options.wininet = true;
  return windows::inspect(volume, "target", options);
}

std::vector<policy::Finding> judge(const windows::Installation& facts) {
  return policy::evaluate(facts, everything(), "2026-01-31");
}

/// Control characters in a report are a finding, but for the end of a line.
void require_printable(const std::string& text) {
  const auto drives_terminal = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r') || c == 0x7f;
  };
  if (std::any_of(text.begin(), text.end(), drives_terminal)) std::abort();
}

void write_reports(const windows::Installation& facts, std::vector<policy::Finding> findings,
                   std::vector<policy::Edit> edits) {
  report::Report report;
  report.command = report::Command::plan;
  report::TargetReport& target = report.targets.emplace_back();
  target.path = "target";
  report::InstallationReport& row = target.installations.emplace_back();
  row.facts = facts;
  row.findings = std::move(findings);
  row.changes = std::move(edits);
  report::settle(report);
  for (const report::Format& format : report::formats()) {
    std::ostringstream out;
    report::WriteOptions options;
    options.verbose = true;
    options.width = 80;
    format.write(report, options, out);
    require_printable(out.str());
  }
}

/// Error(refused) is the right answer to many hives, but not if it says that we made a mistake.
std::optional<patch::Prepared> prepare(const FileTree& tree, const windows::Installation& facts,
                                       const std::vector<policy::Edit>& edits) {
  patch::EditOptions options;
  options.now = 1;
  options.cross_check = hive::cross_check_available();
  try {
    patch::Prepared prepared = patch::prepare(tree, facts, edits, options);
    prepared.checks.wait();
    return prepared;
  } catch (const Error& e) {
    if (std::string_view(e.what()).find("defect of goldhive") != std::string_view::npos) {
      std::abort();
    }
    return std::nullopt;
  }
}

Bytes applied(Bytes file, const FileEdit& edit) {
  file.resize(static_cast<std::size_t>(edit.new_size));
  for (const auto& [offset, bytes] : edit.writes) {
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return file;
}

void require_predicted(const Bytes& hive, const patch::Prepared& prepared,
                       const windows::Installation& facts, const std::vector<policy::Edit>& edits) {
  const auto tree = std::make_shared<testing::MemoryTree>();
  for (const FileEdit& edit : prepared.files) tree->add(edit.path, applied(hive, edit));
  if (prepared.files.empty()) tree->add("hive", hive);
  const std::vector<windows::Installation> after = inspect(tree);
  if (after.size() != 1) std::abort();
  const std::vector<policy::Finding> predicted = judge(policy::predict(facts, edits));
  if (!policy::first_difference(predicted, judge(after.front())).empty()) std::abort();
}

void scan_and_patch(const Bytes& hive) {
  const auto tree = std::make_shared<testing::MemoryTree>();
  tree->add("hive", hive);
  for (const windows::Installation& facts : inspect(tree)) {
    const std::vector<policy::Finding> findings = judge(facts);
    const std::vector<policy::Edit> edits = policy::make_plan(facts, findings, {});
    write_reports(facts, findings, edits);
    if (edits.empty()) continue;
    const std::optional<patch::Prepared> prepared = prepare(*tree, facts, edits);
    if (prepared) require_predicted(hive, *prepared, facts, edits);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes hive(data, data + size);
  if (hive.size() >= hive::base_block_head) {
    put_u32(hive, 508, hive::base_block_checksum(hive));
  }
  try {
    scan_and_patch(hive);
  } catch (const Error&) {
  }
  return 0;
}
