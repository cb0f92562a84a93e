#include "src/patch/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <future>
#include <iterator>
#include <memory>
#include <set>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/resident_source.h"
#include "imgtools/file_tree.h"
#include "src/hive/base_block.h"
#include "src/hive/checker.h"
#include "src/hive/editor.h"
#include "src/patch/check_edit.h"
#include "src/windows/hive_with_logs.h"

namespace goldhive::patch {
namespace {

using hive::CheckResult;
using policy::Edit;
using windows::HiveWithLogs;

constexpr std::uint64_t page_size = 4096;

Error refused(const std::string& where, const std::string& why) {
  return Error(ErrorKind::refused, why, where);
}

void refuse_unsafe_state(const hive::OpenedHive& opened, const std::string& where,
                         const EditOptions& options) {
  switch (opened.state) {
    case hive::HiveState::clean:
    case hive::HiveState::recovered:
      return;
    case hive::HiveState::damaged:
      throw refused(where, "the hive is damaged and is not patched: " + opened.reason);
    case hive::HiveState::dirty:
      break;
  }
  if (options.force_dirty) return;
  const std::string why = options.use_logs ? "its logs do not help (" + opened.reason + ")"
                                           : "--no-logs leaves its logs out";
  throw refused(where, "the hive is dirty and " + why +
                           ": patching it would make final what Windows had not finished. " +
                           (options.use_logs ? "Add the missing logs" : "Leave --no-logs away") +
                           ", or patch it without them by --force-dirty");
}

void refuse_faults(const CheckResult& result, const std::string& where) {
  if (!result.complete) {
    throw refused(
        where,
        fmt::format("the structure of the hive has more than {} faults, and it is not patched",
                    result.fault_count));
  }
  for (const hive::Fault& fault : result.faults) {
    if (fault.harm == hive::Harm::harmless) continue;
    throw refused(where,
                  fmt::format("the structure of the hive is damaged and an edit could make it "
                              "worse ({} {}, goldhive verify lists {}): {}; {}",
                              result.refusal_count, result.refusal_count == 1 ? "fault" : "faults",
                              result.refusal_count == 1 ? "it" : "them", hive::to_string(fault),
                              hive::mending(fault.code)));
  }
}

std::optional<Edit::Data> read(const hive::Hive& hive, const Edit& edit) {
  const std::optional<hive::Key> key = hive.root().find_path(edit.key);
  const std::optional<hive::Value> value = key ? key->value(edit.value) : std::nullopt;
  if (!value) return std::nullopt;
  return Edit::Data{value->type(), value->data()};
}

void require_expected(const hive::Hive& hive, const Edit& edit, const std::string& where) {
  const std::optional<Edit::Data> found = read(hive, edit);
  if (found == edit.before) return;
  const auto describe = [](const std::optional<Edit::Data>& data) {
    return data ? fmt::format("{} of {} bytes", hive::to_string(data->type), data->data.size())
                : std::string("no value");
  };
  throw refused(where,
                fmt::format("{}\\{} is not what the plan expects (planned on {}, found {}{}): "
                            "make a new plan",
                            edit.key, edit.value, describe(edit.before), describe(found),
                            edit.before && found ? ", or other data" : ""));
}

void apply(hive::Editor& editor, const Edit& edit) {
  if (edit.after) {
    editor.set_value(edit.key, edit.value, edit.after->type, edit.after->data);
  } else {
    editor.delete_value(edit.key, edit.value);
  }
}

/// Windows passes over a log whose base block is zero, and so do we.
void silence_logs(const HiveWithLogs& files, std::vector<FileEdit>& out) {
  for (const auto& [path, log] : files.logs()) {
    if (log->size() < hive::base_block_head) continue;
    FileEdit edit;
    edit.path = path;
    edit.new_size = log->size();
    edit.writes.push_back({0, Bytes(hive::base_block_head)});
    out.push_back(std::move(edit));
  }
}

void count(const hive::HiveChange& change, Prepared& out) {
  std::set<std::uint64_t> pages;
  for (const auto& [offset, bytes] : change.writes) {
    out.bytes += bytes.size();
    for (std::uint64_t page = offset / page_size; page * page_size < offset + bytes.size();
         ++page) {
      pages.insert(page);
    }
  }
  out.pages += pages.size();
  out.grows += change.new_size - change.old_size;
}

/// The hive as a whole, for the checks: read once, then edited in place, since it can be large.
std::shared_ptr<ResidentSource> read_whole(const ByteSource& contents) {
  const std::uint64_t largest = hive::CheckLimits{}.largest_hive;
  if (contents.size() > largest) {
    throw refused(contents.name(), fmt::format("too large to be checked: {} MiB, at most {}",
                                               contents.size() >> 20, largest >> 20));
  }
  return std::make_shared<ResidentSource>(contents);
}

void apply(const hive::HiveChange& change, ResidentSource& hive) {
  hive.grow(static_cast<std::size_t>(change.new_size));
  for (const auto& [offset, bytes] : change.writes) hive.write(offset, bytes);
}

hive::CrossCheckCopy copy_for_hivex(const ResidentSource& hive, const EditOptions& options) {
  return hive::CrossCheckCopy(hive, options.scratch_directory);
}

void add_check(EditCheck check, PendingChecks& checks) {
  std::promise<void> promise;
  std::future<void> verdict = promise.get_future();
  auto run = [promise = std::move(promise), check = std::move(check)]() mutable {
    try {
      check.run();
      promise.set_value();
    } catch (...) {
      promise.set_exception(std::current_exception());
    }
    check.for_hivex.reset();  // takes as long as to write the hive, and nobody waits for it
  };
  checks.add(std::move(verdict), std::async(std::launch::async, std::move(run)));
}

void prepare_hive(const FileTree& tree, const windows::HiveFact& fact,
                  const std::vector<Edit>& edits, const EditOptions& options, Prepared& out) {
  HiveWithLogs files(tree, fact.path);
  const hive::OpenedHive opened = files.open(options.use_logs);
  if (files.twin_log()) throw Error(*files.twin_log());
  EditCheck check;
  check.where = files.primary()->name();
  refuse_unsafe_state(opened, check.where, options);
  std::shared_ptr<ResidentSource> whole = read_whole(*opened.contents);
  // The editor tells what changes in the file. For a hive that was recovered from its logs this is
  // more than the edits, so the change cannot be applied to `whole`.
  const bool of_the_file = opened.contents == files.primary();
  std::future<hive::CrossCheckCopy> copying;  // waited for before the bytes it is made from go
  if (options.cross_check && of_the_file) {
    copying = std::async(std::launch::async, [&] { return copy_for_hivex(*whole, options); });
  }
  check.before = hive::check(*whole);
  refuse_faults(check.before, check.where);
  for (const Edit& edit : edits) require_expected(*opened.hive, edit, check.where);

  hive::Editor editor(of_the_file ? whole : files.primary(), opened, options.now,
                      check.before.repairs);
  for (const Edit& edit : edits) apply(editor, edit);
  const hive::HiveChange change = editor.finish();
  if (change.empty()) return;

  if (copying.valid()) {
    check.for_hivex = copying.get();
    check.for_hivex->apply(change.new_size, change.writes);
  }
  if (of_the_file) {
    apply(change, *whole);  // after finish(), since the editor reads these bytes
  } else {
    whole = read_whole(*editor.contents());
    if (options.cross_check) check.for_hivex = copy_for_hivex(*whole, options);
  }
  check.edited = whole;
  check.planned = planned_result(*opened.hive, check.before, edits);
  out.hives.push_back(
      {0, fact.path, whole, check.before.fault_count, check.planned.keys, check.planned.values});
  add_check(std::move(check), out.checks);

  out.files.push_back({fact.path, change.new_size, change.writes, of_the_file ? whole : nullptr});
  count(change, out);
  if (opened.state == hive::HiveState::clean) return;
  if (!options.use_logs) files.find_logs();
  silence_logs(files, out.files);
}

}  // namespace

void PendingChecks::wait() {
  for (std::future<void>& verdict : std::exchange(verdicts_, {})) verdict.get();
}

Prepared prepare(const FileTree& tree, const windows::Installation& installation,
                 const std::vector<Edit>& edits, const EditOptions& options) {
  Prepared out;
  for (const windows::HiveFact& fact : installation.hives) {
    std::vector<Edit> own;
    std::copy_if(edits.begin(), edits.end(), std::back_inserter(own),
                 [&fact](const Edit& edit) { return edit.hive == fact.name; });
    if (own.empty()) continue;
    if (fact.missing) {
      throw refused(installation.id,
                    fmt::format("the plan changes {}, which is missing", to_string(fact.name)));
    }
    prepare_hive(tree, fact, own, options, out);
  }
  std::sort(out.files.begin(), out.files.end(),
            [](const FileEdit& a, const FileEdit& b) { return a.path < b.path; });
  return out;
}

}  // namespace goldhive::patch
