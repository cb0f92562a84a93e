// What all transaction logs have in common: a base block of 512 bytes, and the rules for when it
// can be believed. log_dirt.h (old format) and log_hvle.h (new format) describe what follows it.
#pragma once

#include <cstdint>
#include <memory>

#include "imgtools/bytes/byte_source.h"
#include "src/hive/base_block.h"
#include "src/hive/recovery.h"

namespace goldhive::hive {

struct LogFile {
  std::shared_ptr<const ByteSource> source;
  BaseBlock base;
  bool usable = false;  ///< if not, account.reason says why
  LogAccount account;

  bool is_new() const { return base.file_type == HiveFileType::log_new; }
};

/// Sequence numbers wrap at 2^32: how far `a` is after `b`, negative if it is before.
inline std::int32_t sequence_distance(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b);
}

/// Reads and checks the base block of a log: signature, checksum, equal sequence numbers, the file
/// type of a log, a version and sizes that a hive can have. No content makes it throw.
LogFile open_log(std::shared_ptr<const ByteSource> source);

}  // namespace goldhive::hive
