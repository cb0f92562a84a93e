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
  clean,      ///< checksum and sequence numbers right; logs not needed
  recovered,  ///< dirty, made whole from its logs, in memory
  dirty,      ///< dirty; logs missing, unusable or switched off: read without them
  damaged,    ///< cannot be read as a hive
};
/// "clean", "recovered", "dirty", "damaged".
const char* to_string(HiveState state);

/// What became of one log entry (new format) or of the one page set of an old log.
struct LogEntryAccount {
  std::uint64_t offset = 0;    ///< in the log file
  std::uint32_t sequence = 0;  ///< 0 for the old format
  std::uint32_t pages = 0;     ///< page references; in the old format sectors of 512 bytes
  bool applied = false;
  std::string reason;  ///< why it was skipped; "" if applied
};

struct LogAccount {
  std::string name;            ///< the log source's name
  std::string format;          ///< "DIRT", "HvLE"; "" if not known
  std::uint32_t sequence = 0;  ///< primary sequence of the log's base block
  bool used = false;
  std::string reason;  ///< why it was not used
  std::vector<LogEntryAccount> entries;
};

/// The logs that were found beside a hive; null: no such file. Logs of zero bytes are normal.
struct LogSources {
  std::shared_ptr<const ByteSource> log;   ///< .LOG
  std::shared_ptr<const ByteSource> log1;  ///< .LOG1
  std::shared_ptr<const ByteSource> log2;  ///< .LOG2
};

struct OpenedHive {
  HiveState state = HiveState::damaged;
  /// By the base block of the primary file.
  std::uint32_t sequence1 = 0;
  std::uint32_t sequence2 = 0;
  FileTime last_written = 0;
  bool checksum_ok = false;
  /// Set unless the hive is damaged.
  std::optional<Hive> hive;
  /// What `hive` reads: the primary file itself, or the overlay. Set with `hive`.
  std::shared_ptr<const ByteSource> contents;
  /// Why it is dirty or damaged; one line.
  std::string reason;
  std::optional<Error> error;  ///< set if the hive is damaged
  std::vector<LogAccount> logs;
  /// Pages that recovery changed, as (file offset, bytes), sorted; a patch writes them first. The
  /// base block is among them. With them, the file has the size of `contents`.
  std::vector<Write> recovered_pages;
  /// The latest sequence number (they wrap) in the primary file and in any log, used or not. For a
  /// dirty hive, remnants in its logs count, too.
  std::uint32_t highest_sequence = 0;
};

/// No content makes it throw: a hive that cannot be read comes back `damaged`. Passes on Error(io)
/// of the sources.
OpenedHive open_with_logs(const std::shared_ptr<const ByteSource>& primary, const LogSources& logs);

}  // namespace goldhive::hive
