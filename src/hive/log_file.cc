#include "src/hive/log_file.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

namespace {

/// Far more than a kernel writes. It limits the time that a hostile file can cost to a second or
/// two.
constexpr std::uint64_t max_log_size = 512u << 20;

/// Why a log with this base block cannot be used; "" if it can.
std::string objection(const BaseBlock& base) {
  if (!base.is_log()) {
    return fmt::format("not a transaction log: file type {}",
                       static_cast<std::uint32_t>(base.file_type));
  }
  if (!base.checksum_ok()) {
    return fmt::format("bad checksum of its base block: expected {:#010x}, found {:#010x}",
                       base.computed_checksum, base.checksum);
  }
  if (base.sequence1 != base.sequence2) {
    return fmt::format("cut short while it was written: sequence numbers {} and {}", base.sequence1,
                       base.sequence2);
  }
  if (base.major_version != 1 || base.minor_version < 3 || base.minor_version > 6) {
    return fmt::format("hive version {}.{} (1.3 to 1.6 are read)", base.major_version,
                       base.minor_version);
  }
  if (base.stated_bins_size == 0 || base.stated_bins_size % base_block_size != 0 ||
      base.stated_bins_size > max_bins_size) {
    return fmt::format("bad size of the bins: {:#x}", base.stated_bins_size);
  }
  return {};
}

}  // namespace

LogFile open_log(std::shared_ptr<const ByteSource> source) {
  LogFile log;
  log.source = std::move(source);
  log.account.name = log.source->name();
  if (log.source->size() == 0) {
    log.account.reason = "empty";
    return log;
  }
  if (log.source->size() < base_block_head) {
    log.account.reason = fmt::format("too short for a log: {} bytes", log.source->size());
    return log;
  }
  if (log.source->size() > max_log_size) {
    log.account.reason = fmt::format("larger than any log: {} bytes", log.source->size());
    return log;
  }
  try {
    const Bytes raw = log.source->read(0, base_block_head);
    log.base = parse_base_block(ByteView(raw, 0, log.source->name()));
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::corrupt) throw;
    log.account.reason = "no base block";
    return log;
  }
  if (log.base.is_log()) log.account.format = log.is_new() ? "HvLE" : "DIRT";
  log.account.sequence = log.base.sequence1;
  log.account.reason = objection(log.base);
  log.usable = log.account.reason.empty();
  return log;
}

}  // namespace goldhive::hive
