#include "src/report/to_do.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "src/report/answers.h"
#include "src/report/text_layout.h"

namespace goldhive::report {

using policy::Finding;

void ToDo::add(const TargetReport& target) {
  const bool plans = present_ == Command::plan;
  std::vector<const InstallationReport*> fixable;
  for (const InstallationReport& i : target.installations) {
    add_rows(i);
    const bool planned = plans && i.changes && !i.changes->empty() && !i.refusal;
    if (plans ? planned : patch_helps(i)) fixable.push_back(&i);
  }
  with_undo_.add_whole(target, !target.undo_files.empty());
  if (!target.undo_files.empty()) ++undo_targets_;
  // Where a patch failed, the reason says more than a plan would.
  if (present_ == Command::patch && target.error) return;
  fixable_ += fixable.size();
  next_.add(target, fixable);
}

void ToDo::add_rows(const InstallationReport& installation) {
  std::set<std::string> by_hand;
  std::set<std::string> open;
  for (const Finding& f : installation.findings) {
    if (counts_as_finding(f) && !f.fixable()) by_hand.insert(f.id);
    if (leaves_open(f) && !counts_as_finding(f)) open.insert(f.id);
  }
  for (const std::string& id : by_hand) ++by_hand_[id];
  with_open_ += open.empty() ? 0 : 1;
  open_.insert(open.begin(), open.end());
}

std::vector<ToDo::Line> ToDo::lines(const WriteOptions& options) const {
  std::vector<Line> lines;
  const auto add = [&lines](const char* what, std::uint64_t n, std::string how, bool is_command,
                            const std::string& check = {}) {
    lines.push_back({fmt::format("{}, {}:", what, counted(n, "installation")), std::move(how),
                     is_command, check});
  };
  if (fixable_ > 0) {
    const Command next = present_ == Command::plan ? Command::patch : Command::plan;
    add("Registry", fixable_, next_.command(next, present_, options), true);
  }
  for (const auto& [id, n] : by_hand_) add("By hand", n, "goldhive explain " + id, true, id);
  if (with_open_ > 0) {
    add("Not known", with_open_,
        fmt::format("{} (--all says what would settle it)", fmt::join(open_, ", ")), false);
  }
  if (undo_targets_ > 0) {
    lines.push_back({fmt::format("To take it back, {}:", counted(undo_targets_, "target")),
                     with_undo_.command(Command::undo, present_, options), true});
  }
  return lines;
}

}  // namespace goldhive::report
