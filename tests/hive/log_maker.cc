#include "tests/hive/log_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "fixtures/hive_builder.h"
#include "src/hive/marvin32.h"

namespace goldhive::hive::testing {

namespace {

void put_text(Bytes& out, std::size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

bool differs(const Bytes& a, const Bytes& b, std::size_t at, std::size_t length) {
  for (std::size_t i = at; i < at + length; ++i) {
    if ((i < a.size() ? a[i] : 0) != (i < b.size() ? b[i] : 0)) return true;
  }
  return false;
}

Bytes part(const Bytes& data, std::size_t at, std::size_t length) {
  return Bytes(data.begin() + static_cast<std::ptrdiff_t>(at),
               data.begin() + static_cast<std::ptrdiff_t>(at + length));
}

}  // namespace

void seal(Bytes& file) { put_u32(file, 508, base_block_checksum(file)); }

Bytes hive_state(std::uint32_t number) {
  const std::string text =
      fmt::format("[Key]\n\"n\"=dword:{:x}\n[Pad{{001..200}}]\n\"text\"=\"some\"\n", number);
  return fixtures::build_hive(fixtures::parse_reg_text(text, "state"));
}

std::uint32_t state_of(const Hive& hive) {
  const Bytes data = hive.root().find("Key").value().value("n").value().data();
  return ByteView(data, 0, "n").u32(0);
}

Bytes with_sequences(Bytes hive, std::uint32_t sequence1, std::uint32_t sequence2) {
  put_u32(hive, 4, sequence1);
  put_u32(hive, 8, sequence2);
  seal(hive);
  return hive;
}

Bytes with_time(Bytes file, FileTime time) {
  put_u64(file, 12, time);
  seal(file);
  return file;
}

Bytes log_head(const Bytes& hive, HiveFileType type, std::uint32_t sequence) {
  Bytes head = part(hive, 0, base_block_head);
  put_u32(head, 28, static_cast<std::uint32_t>(type));
  return with_sequences(std::move(head), sequence, sequence);
}

Bytes dirt_log(const Bytes& before, const Bytes& after, std::uint32_t sequence) {
  Bytes log = log_head(after, HiveFileType::log_old, sequence);
  const std::size_t bins = after.size() - base_block_size;
  Bytes bitmap(bins / 4096);
  Bytes sectors;
  for (std::size_t bit = 0; bit < bins / 512; ++bit) {
    const std::size_t at = base_block_size + bit * 512;
    if (!differs(before, after, at, 512)) continue;
    bitmap[bit / 8] = static_cast<std::uint8_t>(bitmap[bit / 8] | 1u << (bit % 8));
    append(sectors, part(after, at, 512));
  }
  log.resize(516);
  put_text(log, 512, "DIRT");
  append(log, bitmap);
  log.resize((log.size() + 511) / 512 * 512);
  append(log, sectors);
  return log;
}

Bytes hvle_entry(std::uint32_t sequence, std::uint32_t bins_size,
                 const std::vector<PageReference>& pages, const Bytes& data, std::uint32_t flags) {
  Bytes entry((40 + pages.size() * 8 + data.size() + 511) / 512 * 512);
  put_text(entry, 0, "HvLE");
  put_u32(entry, 4, static_cast<std::uint32_t>(entry.size()));
  put_u32(entry, 8, flags);
  put_u32(entry, 12, sequence);
  put_u32(entry, 16, bins_size);
  put_u32(entry, 20, static_cast<std::uint32_t>(pages.size()));
  std::size_t at = 40;
  for (const auto& [offset, size] : pages) {
    put_u32(entry, at, offset);
    put_u32(entry, at + 4, size);
    at += 8;
  }
  std::copy(data.begin(), data.end(), entry.begin() + static_cast<std::ptrdiff_t>(at));
  return hvle_rehashed(std::move(entry));
}

Bytes hvle_rehashed(Bytes entry) {
  put_u64(entry, 24, marvin32(std::span(entry).subspan(40)));
  put_u64(entry, 32, marvin32(std::span(entry).first(32)));
  return entry;
}

Bytes hvle_entry(std::uint32_t sequence, const Bytes& before, const Bytes& after) {
  std::vector<PageReference> pages;
  Bytes data;
  for (std::size_t at = base_block_size; at < after.size(); at += 4096) {
    if (!differs(before, after, at, 4096)) continue;
    pages.emplace_back(static_cast<std::uint32_t>(at - base_block_size), 4096);
    append(data, part(after, at, 4096));
  }
  return hvle_entry(sequence, static_cast<std::uint32_t>(after.size() - base_block_size), pages,
                    data);
}

Bytes hvle_log(const Bytes& hive, std::uint32_t sequence, const std::vector<Bytes>& entries) {
  Bytes log = log_head(hive, HiveFileType::log_new, sequence);
  for (const Bytes& entry : entries) append(log, entry);
  return log;
}

std::shared_ptr<const ByteSource> source(Bytes data, std::string name) {
  return std::make_shared<MemorySource>(std::move(data), std::move(name));
}

OpenedHive open(const Bytes& primary, const Bytes& log1, const Bytes& log2) {
  return open_with_logs(source(primary, "HIVE"),
                        {nullptr, source(log1, "HIVE.LOG1"), source(log2, "HIVE.LOG2")});
}

}  // namespace goldhive::hive::testing
