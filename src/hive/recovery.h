// Opens a hive together with its transaction logs, as the kernel would at load: a dirty hive is
// recovered in memory, as pages laid over the primary file. Nothing is written.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"
#include "imgtools/bytes/write.h"
#include "src/hive/hive.h"

namespace goldhive::hive {

enum class HiveState {
  clean,      ///< checksum right, sequence numbers equal; logs not needed
  recovered,  ///< dirty, made whole from its logs, in memory
  dirty,      ///< dirty, logs missing, unusable or switched off: read as it lies
  damaged,    ///< cannot be read as a hive
};
/// "clean", "recovered", "dirty", "damaged".
const char* to_string(HiveState state);

/// What became of one log entry (new format) or of the one page set of an old log.
struct LogEntryAccount {
  std::uint64_t offset = 0;    ///< in the log file
  std::uint32_t sequence = 0;  ///< 0 for the old format
  std::uint32_t pages = 0;     ///< new format: page references; old format: sectors of 512 bytes
  bool applied = false;
  std::string reason;  ///< why it was skipped; "" if applied
};

struct LogAccount {
  std::string name;            ///< the log source's name
  std::string format;          ///< "DIRT", "HvLE", "" if it could not be told
  std::uint32_t sequence = 0;  ///< primary sequence of the log's base block
  bool used = false;
  std::string reason;  ///< why it was not used
  std::vector<LogEntryAccount> entries;
};

/// The logs of a hive that could be found; null = no such file. Zero-byte logs are normal.
struct LogSources {
  std::shared_ptr<const ByteSource> log;   ///< .LOG
  std::shared_ptr<const ByteSource> log1;  ///< .LOG1
  std::shared_ptr<const ByteSource> log2;  ///< .LOG2
};

struct OpenedHive {
  HiveState state = HiveState::damaged;
  /// As found in the primary file's base block.
  std::uint32_t sequence1 = 0;
  std::uint32_t sequence2 = 0;
  FileTime last_written = 0;
  bool checksum_ok = false;
  /// Present unless damaged.
  std::optional<Hive> hive;
  /// What Hive reads: the primary itself, or the overlay. Present with `hive`.
  std::shared_ptr<const ByteSource> contents;
  /// Why it is dirty or damaged; one line.
  std::string reason;
  std::optional<Error> error;  ///< set when damaged
  std::vector<LogAccount> logs;
  /// Pages that recovery changed, as (file offset, bytes), sorted; what a patch writes first. The
  /// base block is among them. The file then has the size of `contents`.
  std::vector<Write> recovered_pages;
  /// Latest sequence number (they wrap) in the primary and in any log, used or not; of a dirty hive
  /// also in what earlier uses left in its logs.
  std::uint32_t highest_sequence = 0;
};

/// Never throws for what is in the bytes: a hive that cannot be read comes back `damaged`.
/// Error(io) of the sources passes through.
OpenedHive open_with_logs(std::shared_ptr<const ByteSource> primary, const LogSources& logs);

}  // namespace goldhive::hive
