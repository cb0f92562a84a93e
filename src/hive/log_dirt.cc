#include "src/hive/log_dirt.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "imgtools/bytes/error.h"

namespace goldhive::hive {

namespace {

constexpr std::uint32_t sector = 512;
constexpr std::uint64_t dirt_at = base_block_head;
constexpr std::uint64_t bitmap_at = dirt_at + 4;

std::uint32_t bitmap_size(const LogFile& log) { return log.base.stated_bins_size / (sector * 8); }

std::uint64_t data_at(const LogFile& log) {
  return (bitmap_at + bitmap_size(log) + sector - 1) / sector * sector;
}

Bytes read_bitmap(const LogFile& log) { return log.source->read(bitmap_at, bitmap_size(log)); }

void reject(LogFile& log, std::string reason) {
  log.usable = false;
  log.account.reason = std::move(reason);
}

}  // namespace

void check_dirt_log(LogFile& log) {
  const std::uint64_t size = log.source->size();
  if (size < bitmap_at + bitmap_size(log)) {
    reject(log, fmt::format("cut off: no room for the bitmap in {} bytes", size));
    return;
  }
  const Bytes magic = log.source->read(dirt_at, 4);
  if (!ByteView(magic, dirt_at, log.source->name()).starts_with("DIRT")) {
    reject(log, fmt::format("no \"DIRT\" signature at {:#x}", dirt_at));
    return;
  }
  std::uint32_t sectors = 0;
  for (const std::uint8_t byte : read_bitmap(log)) {
    sectors += static_cast<std::uint32_t>(std::popcount(byte));
  }
  if (sectors == 0) {
    reject(log, "its bitmap names no changed sector");
    return;
  }
  log.account.entries.push_back(LogEntryAccount{
      .offset = dirt_at, .sequence = 0, .pages = sectors, .applied = false, .reason = {}});
  const std::uint64_t end = data_at(log) + std::uint64_t{sectors} * sector;
  if (size < end) {
    reject(log,
           fmt::format("cut off: its {} sectors need {} bytes, it has {}", sectors, end, size));
    log.account.entries.back().reason = "cut off";
  }
}

void apply_dirt_log(LogFile& log, EditBuffer& hive) {
  const std::uint64_t end = std::uint64_t{base_block_size} + log.base.stated_bins_size;
  if (hive.size() < end) hive.resize(end);
  const Bytes bitmap = read_bitmap(log);
  const auto is_dirty = [&](std::size_t bit) {
    return bit < bitmap.size() * 8 && (bitmap[bit / 8] >> (bit % 8) & 1) != 0;
  };
  // Sectors that follow each other are copied together, up to a limit.
  constexpr std::size_t most_at_once = 128;
  std::uint64_t from = data_at(log);
  for (std::size_t bit = 0; bit < bitmap.size() * 8;) {
    if (!is_dirty(bit)) {
      ++bit;
      continue;
    }
    std::size_t run = 1;
    while (run < most_at_once && is_dirty(bit + run)) ++run;
    hive.write(base_block_size + std::uint64_t{bit} * sector, log.source->read(from, run * sector));
    from += std::uint64_t{run} * sector;
    bit += run;
  }
  log.account.used = true;
  log.account.entries.back().applied = true;
}

}  // namespace goldhive::hive
