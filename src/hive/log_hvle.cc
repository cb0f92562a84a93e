#include "src/hive/log_hvle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "imgtools/bytes/error.h"
#include "src/hive/marvin32.h"

namespace goldhive::hive {

namespace {

constexpr std::uint32_t header_size = 40;
constexpr std::uint32_t reference_size = 8;
constexpr std::uint32_t alignment = 512;
/// How much is read at a time; a multiple of 512.
constexpr std::size_t piece_size = 64 * 1024;

struct Entry {
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t bins_size = 0;
  std::uint32_t page_count = 0;
  std::uint64_t hash1 = 0;
  std::uint64_t hash2 = 0;
  std::array<std::uint8_t, header_size> raw{};
};

Entry read_entry(const ByteSource& log, std::uint64_t offset) {
  Entry entry;
  entry.offset = offset;
  log.read(offset, entry.raw);
  const ByteView header(entry.raw, offset, log.name());
  entry.size = header.u32(4);
  entry.flags = header.u32(8);
  entry.sequence = header.u32(12);
  entry.bins_size = header.u32(16);
  entry.page_count = header.u32(20);
  entry.hash1 = header.u64(24);
  entry.hash2 = header.u64(32);
  return entry;
}

bool is_entry(const Entry& entry, const ByteSource& log) {
  return ByteView(entry.raw, entry.offset, log.name()).starts_with("HvLE");
}

std::uint64_t hash_of_body(const ByteSource& log, const Entry& entry) {
  Marvin32 hash;
  Bytes piece(std::min<std::size_t>(piece_size, entry.size - header_size));
  for (std::uint64_t done = header_size; done < entry.size;) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), entry.size - done));
    const std::span<std::uint8_t> part = std::span(piece).first(length);
    log.read(entry.offset + done, part);
    hash.update(part);
    done += length;
  }
  return hash.finish();
}

/// Why this is not the entry `expected`; then the log ends before it. "" if it is.
std::string objection(const ByteSource& log, const Entry& entry, std::uint32_t expected) {
  if (entry.size < alignment || entry.size % alignment != 0) {
    return fmt::format("bad entry size {:#x}", entry.size);
  }
  if (entry.sequence != expected) {
    return fmt::format("sequence number {}, expected {}: left over from an earlier use",
                       entry.sequence, expected);
  }
  if (entry.size > log.size() - entry.offset) {
    return fmt::format("cut off: {:#x} bytes, {:#x} are left", entry.size,
                       log.size() - entry.offset);
  }
  if (marvin32(std::span(entry.raw).first(32)) != entry.hash2) return "wrong hash of its header";
  if (hash_of_body(log, entry) != entry.hash1) return "wrong hash of its pages";
  return {};
}

[[noreturn]] void impossible(const ByteSource& log, std::uint64_t offset, const char* message,
                             std::string expected, std::string actual) {
  throw Error::corrupt(log.name(), offset, message, std::move(expected), std::move(actual));
}

/// Checks all that the hashes do not prove. Calls f(offset in the bins, size, place of the data).
template <typename F>
void for_each_page(const ByteSource& log, const Entry& entry, F f) {
  std::uint64_t data =
      entry.offset + header_size + std::uint64_t{entry.page_count} * reference_size;
  const std::uint64_t end = entry.offset + entry.size;
  if (data > end) {
    impossible(log, entry.offset + 20, "log entry names more pages than it can hold",
               fmt::format("at most {}", (entry.size - header_size) / reference_size),
               fmt::format("{}", entry.page_count));
  }
  constexpr std::uint32_t batch = 1024;
  for (std::uint32_t first = 0; first < entry.page_count; first += batch) {
    const std::uint32_t count = std::min(batch, entry.page_count - first);
    const std::uint64_t at = entry.offset + header_size + std::uint64_t{first} * reference_size;
    const Bytes raw = log.read(at, std::size_t{count} * reference_size);
    const ByteView references(raw, at, log.name());
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t offset = references.u32(std::size_t{i} * reference_size);
      const std::uint32_t size = references.u32(std::size_t{i} * reference_size + 4);
      const std::uint64_t here = at + std::uint64_t{i} * reference_size;
      if (size == 0 || offset > entry.bins_size || size > entry.bins_size - offset) {
        impossible(log, here, "log entry names a page outside the bins",
                   fmt::format("within {:#x} bytes", entry.bins_size),
                   fmt::format("{:#x} bytes from {:#x}", size, offset));
      }
      if (size > end - data) {
        impossible(log, here, "log entry names more data than it holds",
                   fmt::format("at most {:#x} bytes", end - data), fmt::format("{:#x}", size));
      }
      f(offset, size, data);
      data += size;
    }
  }
}

void check_pages(const ByteSource& log, const Entry& entry) {
  if (entry.bins_size == 0 || entry.bins_size % base_block_size != 0 ||
      entry.bins_size > max_bins_size) {
    impossible(log, entry.offset + 16, "bad size of the bins in a log entry", "a multiple of 4096",
               fmt::format("{:#x}", entry.bins_size));
  }
  if (entry.page_count == 0) {
    impossible(log, entry.offset + 20, "log entry without pages", "1 or more", "0");
  }
  for_each_page(log, entry, [](std::uint32_t, std::uint32_t, std::uint64_t) {});
}

void apply_entry(const ByteSource& log, const Entry& entry, EditBuffer& hive) {
  const std::uint64_t end = std::uint64_t{base_block_size} + entry.bins_size;
  if (hive.size() < end) hive.resize(end);
  for_each_page(log, entry, [&](std::uint32_t offset, std::uint32_t size, std::uint64_t data) {
    for (std::uint32_t done = 0; done < size;) {
      const auto length =
          static_cast<std::uint32_t>(std::min<std::size_t>(piece_size, size - done));
      hive.write(std::uint64_t{base_block_size} + offset + done, log.read(data + done, length));
      done += length;
    }
  });
}

}  // namespace

HvleResult apply_hvle_log(LogFile& log, EditBuffer& hive) {
  HvleResult result;
  const ByteSource& source = *log.source;
  std::uint32_t expected = log.base.sequence1;
  std::uint64_t offset = base_block_head;
  while (offset + header_size <= source.size()) {
    const Entry entry = read_entry(source, offset);
    if (!is_entry(entry, source)) break;
    LogEntryAccount account{.offset = offset,
                            .sequence = entry.sequence,
                            .pages = entry.page_count,
                            .applied = false,
                            .reason = {}};
    account.reason = objection(source, entry, expected);
    if (account.reason.empty()) {
      try {
        check_pages(source, entry);
      } catch (const Error& e) {
        if (e.kind() == ErrorKind::corrupt) {
          account.reason = e.message();
          log.account.entries.push_back(account);
        }
        throw;
      }
      apply_entry(source, entry, hive);
      account.applied = true;
    }
    log.account.entries.push_back(account);
    if (!account.applied) break;
    result.applied += 1;
    result.sequence = entry.sequence;
    result.bins_size = entry.bins_size;
    result.flags = entry.flags;
    offset += entry.size;
    expected += 1;
  }
  log.account.used = result.applied != 0;
  if (!log.account.used) log.account.reason = "no valid first entry";
  return result;
}

std::uint32_t latest_hvle_sequence(const LogFile& log, std::uint32_t from) {
  const ByteSource& source = *log.source;
  std::uint32_t latest = from;
  std::uint32_t expected = log.base.sequence1;
  for (std::uint64_t offset = base_block_head; offset + header_size <= source.size();) {
    const Entry entry = read_entry(source, offset);
    if (!is_entry(entry, source) || entry.size < alignment || entry.size % alignment != 0 ||
        entry.sequence != expected) {
      break;
    }
    if (sequence_distance(expected, latest) > 0) latest = expected;
    offset += entry.size;
    expected += 1;
  }
  return latest;
}

std::uint32_t latest_hvle_remnant(const LogFile& log, std::uint32_t from) {
  const ByteSource& source = *log.source;
  std::uint32_t latest = from;
  Bytes piece(piece_size);
  for (std::uint64_t offset = base_block_head; offset < source.size(); offset += piece_size) {
    const auto length =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece_size, source.size() - offset));
    const std::span<std::uint8_t> part = std::span(piece).first(length);
    source.read(offset, part);
    const ByteView view(part, offset, source.name());
    for (std::size_t at = 0; at + header_size <= length; at += alignment) {
      if (!view.from(at).starts_with("HvLE")) continue;
      const std::uint32_t sequence = view.u32(at + 12);
      if (sequence_distance(sequence, latest) > 0) latest = sequence;
    }
  }
  return latest;
}

}  // namespace goldhive::hive
