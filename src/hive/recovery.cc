// How a dirty hive is recovered. The order of the rules is that of the kernel as far as it is known
// (msuhanov/regf, "Transaction log files"; recovery results of Windows 7 and 10 in that project's
// test hives):
//
// 1. A hive is dirty if its checksum is wrong or its sequence numbers differ. A clean hive ignores
//    its logs, even if they have later entries.
// 2. A log must be sound (log_file.h) and not older than the hive. New format: its sequence number
//    is not before the hive's secondary one. Old format: its time is not before the hive's. If the
//    hive's checksum is wrong, its own numbers say nothing; for the old format, the time of the
//    first bin counts.
// 3. The new format is preferred to the old one, .LOG1 and .LOG2 to .LOG. Of two new logs, the one
//    with the earlier sequence number starts; the other one follows if it goes on exactly where the
//    first one ended. If the hive's checksum is wrong, only the later log counts. Of two old logs,
//    the one with the later time counts, .LOG1 on a tie.
// 4. The base block comes from the last log applied.
//
// If a recovered bin is broken, Windows puts an empty bin in its place. We do not: such a hive
// stays `dirty`, since anything read from it would be a guess.
#include "src/hive/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "src/hive/base_block.h"
#include "src/hive/cell.h"
#include "src/hive/edit_buffer.h"
#include "src/hive/log_dirt.h"
#include "src/hive/log_file.h"
#include "src/hive/log_hvle.h"

namespace goldhive::hive {

namespace {

/// True if the bytes contradict their format, or need more than we support. All other errors (I/O)
/// go to the caller.
bool is_about_content(const Error& e) {
  return e.kind() == ErrorKind::corrupt || e.kind() == ErrorKind::unsupported;
}

/// The logs that a hive has, in the order .LOG, .LOG1, .LOG2.
struct Logs {
  std::vector<LogFile> files;
  LogFile* log = nullptr;
  LogFile* log1 = nullptr;
  LogFile* log2 = nullptr;
};

Logs open_logs(const LogSources& sources) {
  Logs logs;
  logs.files.reserve(3);
  const auto add = [&](const std::shared_ptr<const ByteSource>& source) -> LogFile* {
    if (!source) return nullptr;
    logs.files.push_back(open_log(source));
    return &logs.files.back();
  };
  logs.log = add(sources.log);
  logs.log1 = add(sources.log1);
  logs.log2 = add(sources.log2);
  return logs;
}

/// An old log with an earlier time than this is older than the hive.
FileTime time_of_hive(const ByteSource& primary, const BaseBlock& base) {
  if (base.checksum_ok()) return base.last_written;
  if (primary.size() < base_block_size + bin_header_size) return 0;
  const Bytes raw = primary.read(base_block_size, bin_header_size);
  const ByteView header(raw, base_block_size, primary.name());
  return header.starts_with("hbin") ? header.u64(20) : 0;
}

/// Makes logs unusable that are older than the hive.
void reject_stale(Logs& logs, const ByteSource& primary, const BaseBlock& base) {
  for (LogFile& log : logs.files) {
    if (!log.usable) continue;
    if (!log.is_new()) {
      const FileTime time = time_of_hive(primary, base);
      if (log.base.last_written < time) {
        log.usable = false;
        log.account.reason = fmt::format("older than the hive: time {}, the hive's is {}",
                                         log.base.last_written, time);
      }
    } else if (base.checksum_ok() && sequence_distance(log.base.sequence1, base.sequence2) < 0) {
      log.usable = false;
      log.account.reason = fmt::format("older than the hive: sequence number {}, the hive has {}",
                                       log.base.sequence1, base.sequence2);
    }
  }
}

/// The logs to apply, in order: none, one, or two of the new format.
std::vector<LogFile*> choose(const Logs& logs, bool checksum_ok) {
  const auto usable = [](LogFile* log, bool is_new) {
    return log != nullptr && log->usable && log->is_new() == is_new ? log : nullptr;
  };
  LogFile* const new1 = usable(logs.log1, true);
  LogFile* const new2 = usable(logs.log2, true);
  if (new1 != nullptr && new2 != nullptr) {
    const bool in_order = sequence_distance(new2->base.sequence1, new1->base.sequence1) >= 0;
    LogFile* const earlier = in_order ? new1 : new2;
    LogFile* const later = in_order ? new2 : new1;
    if (!checksum_ok) return {later};
    return {earlier, later};
  }
  if (new1 != nullptr) return {new1};
  if (new2 != nullptr) return {new2};
  if (LogFile* const single = usable(logs.log, true)) return {single};
  LogFile* const old1 = usable(logs.log1, false);
  LogFile* const old2 = usable(logs.log2, false);
  if (old1 != nullptr && old2 != nullptr) {
    return {old2->base.last_written > old1->base.last_written ? old2 : old1};
  }
  if (old1 != nullptr) return {old1};
  if (old2 != nullptr) return {old2};
  if (LogFile* const single = usable(logs.log, false)) return {single};
  return {};
}

/// Makes the base block what it would be after a flush.
void seal(EditBuffer& hive, const ByteSource& primary, const LogFile& last, HvleResult outcome) {
  hive.resize(std::max(primary.size(), std::uint64_t{base_block_size} + outcome.bins_size));
  Bytes head = last.source->read(0, base_block_head);
  put_u32(head, 4, outcome.sequence);
  put_u32(head, 8, outcome.sequence);
  put_u32(head, 28, static_cast<std::uint32_t>(HiveFileType::primary));
  put_u32(head, 40, outcome.bins_size);
  put_u32(head, 144, (last.base.flags & ~1u) | (outcome.flags & 1u));
  put_u32(head, 508, base_block_checksum(head));
  hive.write(0, head);
}

/// Applies the chosen logs. Returns null, with reasons in the accounts, if nothing could be
/// applied. Throws Error(corrupt, unsupported) if the result cannot be trusted.
std::shared_ptr<EditBuffer> replay(const std::shared_ptr<const ByteSource>& primary,
                                   const std::vector<LogFile*>& chosen) {
  auto hive = std::make_shared<EditBuffer>(primary, EditBuffer::recovery_budget);
  LogFile* last = chosen.front();
  HvleResult outcome;
  if (!last->is_new()) {
    apply_dirt_log(*last, *hive);
    outcome = {1, last->base.sequence1, last->base.stated_bins_size, last->base.flags};
  } else {
    outcome = apply_hvle_log(*last, *hive);
    if (chosen.size() > 1) {
      LogFile* const next = chosen[1];
      if (outcome.applied == 0) {
        next->account.reason =
            fmt::format("not used: it follows {}, which has no valid entry", last->account.name);
      } else if (next->base.sequence1 != outcome.sequence + 1) {
        next->account.reason =
            fmt::format("not used: starts with sequence number {}, {} ended with {}",
                        next->base.sequence1, last->account.name, outcome.sequence);
      } else {
        const HvleResult more = apply_hvle_log(*next, *hive);
        if (more.applied != 0) {
          outcome = more;
          last = next;
        }
      }
    }
  }
  if (outcome.applied == 0) return nullptr;
  seal(*hive, *primary, *last, outcome);
  return hive;
}

/// Throws Error(corrupt) unless there are valid bins up to the stated size.
void check_bins(const ByteSource& hive) {
  const BaseBlock base = read_base_block(hive);
  const std::uint32_t sound = walk_bins(hive);
  if (sound < base.stated_bins_size) {
    throw Error::corrupt(
        hive.name(), std::uint64_t{base_block_size} + sound, "the recovered hive has a bad bin",
        fmt::format("bins up to {:#x}", base.stated_bins_size), fmt::format("{:#x}", sound));
  }
}

void take_back(const std::vector<LogFile*>& chosen, const std::string& why) {
  for (LogFile* log : chosen) {
    if (!log->account.reason.empty()) continue;
    log->account.used = false;
    log->account.reason = "applied and taken back: " + why;
    for (LogEntryAccount& entry : log->account.entries) {
      if (entry.applied) entry.reason = "taken back";
      entry.applied = false;
    }
  }
}

/// Recovers into `result`. True if the hive is sound then; else the accounts say why not.
bool recover(OpenedHive& result, const std::shared_ptr<const ByteSource>& primary,
             const BaseBlock& base, Logs& logs) {
  for (LogFile& log : logs.files) {
    if (log.usable && !log.is_new()) check_dirt_log(log);
  }
  reject_stale(logs, *primary, base);
  const std::vector<LogFile*> chosen = choose(logs, base.checksum_ok());
  if (chosen.empty()) return false;
  for (LogFile& log : logs.files) {
    const bool passed_over =
        log.usable && std::find(chosen.begin(), chosen.end(), &log) == chosen.end();
    if (passed_over) {
      log.account.reason = fmt::format("not needed: {} comes first", chosen.front()->account.name);
    }
  }
  try {
    const std::shared_ptr<EditBuffer> hive = replay(primary, chosen);
    if (!hive) return false;
    check_bins(*hive);
    result.hive = Hive::open(hive);
    result.contents = hive;
    result.recovered_pages = hive->changed_pages();
  } catch (const Error& e) {
    if (!is_about_content(e)) throw;
    take_back(chosen, e.what());
    return false;
  }
  return true;
}

/// Reads the primary file without logs; `damaged` if that is not possible.
void open_as_it_lies(OpenedHive& result, const std::shared_ptr<const ByteSource>& primary,
                     HiveState state) {
  try {
    const BaseBlock base = read_base_block(*primary);
    if (base.checksum_ok() && base.bins_size < base.stated_bins_size) {
      throw Error::corrupt(
          primary->name(), primary->size(), "the hive is cut off",
          fmt::format("{} bytes", std::uint64_t{base_block_size} + base.stated_bins_size),
          fmt::format("{} bytes", primary->size()));
    }
    result.hive = Hive::open(primary);
    result.contents = primary;
    result.state = state;
  } catch (const Error& e) {
    if (!is_about_content(e)) throw;
    result.hive.reset();
    result.state = HiveState::damaged;
    result.reason = e.what();
    result.error = e;
  }
}

std::string why_dirty(const BaseBlock& base) {
  if (!base.checksum_ok()) {
    return fmt::format("wrong checksum: expected {:#010x}, found {:#010x}", base.computed_checksum,
                       base.checksum);
  }
  return fmt::format("sequence numbers {} and {} differ", base.sequence1, base.sequence2);
}

std::string why_not_recovered(const Logs& logs) {
  if (logs.files.empty()) return "no transaction log to recover from";
  std::string why = "no usable transaction log";
  const char* separator = ": ";
  for (const LogFile& log : logs.files) {
    why += fmt::format("{}{}: {}", separator, log.account.name, log.account.reason);
    separator = "; ";
  }
  return why;
}

}  // namespace

const char* to_string(HiveState state) {
  switch (state) {
    case HiveState::clean:
      return "clean";
    case HiveState::recovered:
      return "recovered";
    case HiveState::dirty:
      return "dirty";
    case HiveState::damaged:
      return "damaged";
  }
  return "damaged";
}

OpenedHive open_with_logs(const std::shared_ptr<const ByteSource>& primary,
                          const LogSources& sources) {
  OpenedHive result;
  BaseBlock base;
  try {
    refuse_large_hive(*primary);
    // The rest of the base block is checked later: a log may correct it.
    if (primary->size() < base_block_head) read_base_block(*primary);
    const Bytes head = primary->read(0, base_block_head);
    base = parse_base_block(ByteView(head, 0, primary->name()));
    if (base.is_log()) read_base_block(*primary);
  } catch (const Error& e) {
    if (!is_about_content(e)) throw;
    result.reason = e.what();
    result.error = e;
    return result;
  }
  result.sequence1 = base.sequence1;
  result.sequence2 = base.sequence2;
  result.last_written = base.last_written;
  result.checksum_ok = base.checksum_ok();

  Logs logs = open_logs(sources);
  std::uint32_t& latest = result.highest_sequence;
  latest = sequence_distance(base.sequence2, base.sequence1) > 0 ? base.sequence2 : base.sequence1;
  for (const LogFile& log : logs.files) {
    if (log.account.format.empty()) continue;
    if (sequence_distance(log.base.sequence1, latest) > 0) latest = log.base.sequence1;
    if (!log.is_new()) continue;
    latest = base.is_dirty() ? latest_hvle_remnant(log, latest) : latest_hvle_sequence(log, latest);
  }

  if (!base.is_dirty()) {
    for (LogFile& log : logs.files) {
      if (log.usable) log.account.reason = "not needed: the hive is clean";
    }
    open_as_it_lies(result, primary, HiveState::clean);
  } else if (recover(result, primary, base, logs)) {
    result.state = HiveState::recovered;
    result.reason = why_dirty(base);
  } else {
    result.reason = why_dirty(base) + "; " + why_not_recovered(logs);
    open_as_it_lies(result, primary, HiveState::dirty);
  }
  for (LogFile& log : logs.files) result.logs.push_back(std::move(log.account));
  return result;
}

}  // namespace goldhive::hive
