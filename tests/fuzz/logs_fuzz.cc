// Recovery: whatever the logs of a dirty hive hold, it comes back in one of the four states, and a
// recovered one can be read.
//
// Input: one byte of flags, three bytes (little-endian) length of the first log, then the first log
// and the second. With flag 1 the checksums of the logs, and with flag 2 the hashes of their
// entries are made right first, so that mutated input gets past them. Flag 4 spoils the primary's
// checksum.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "fixtures/hive_builder.h"
#include "src/hive/base_block.h"
#include "src/hive/marvin32.h"
#include "src/hive/recovery.h"

using namespace goldhive;

namespace {

Bytes dirty_hive() {
  Bytes hive = fixtures::build_hive(
      fixtures::parse_reg_text("[Key]\n\"n\"=dword:0\n[Pad{001..040}]\n", "fuzz"));
  put_u32(hive, 4, 6);
  put_u32(hive, 8, 5);
  put_u32(hive, 508, hive::base_block_checksum(hive));
  return hive;
}

void set_hashes(Bytes& log) {
  for (std::size_t at = 512; at + 40 <= log.size();) {
    const std::size_t size = ByteView(log, 0, "log").u32(at + 4);
    if (size < 512 || size % 512 != 0 || size > log.size() - at) break;
    const std::span<std::uint8_t> entry = std::span(log).subspan(at, size);
    put_u64(entry, 24, hive::marvin32(entry.subspan(40)));
    put_u64(entry, 32, hive::marvin32(entry.first(32)));
    at += size;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Bytes primary = dirty_hive();
  if (size < 4) return 0;
  const std::uint8_t flags = data[0];
  const std::size_t stated = data[1] | std::size_t{data[2]} << 8 | std::size_t{data[3]} << 16;
  const std::size_t length = std::min(stated, size - 4);
  Bytes logs[2] = {Bytes(data + 4, data + 4 + length), Bytes(data + 4 + length, data + size)};
  for (Bytes& log : logs) {
    if ((flags & 1) != 0 && log.size() >= 512) put_u32(log, 508, hive::base_block_checksum(log));
    if ((flags & 2) != 0) set_hashes(log);
  }
  Bytes hive = primary;
  if ((flags & 4) != 0) hive[508] = static_cast<std::uint8_t>(hive[508] ^ 1);
  const hive::OpenedHive opened =
      hive::open_with_logs(std::make_shared<MemorySource>(std::move(hive), "HIVE"),
                           {nullptr, std::make_shared<MemorySource>(std::move(logs[0]), "LOG1"),
                            std::make_shared<MemorySource>(std::move(logs[1]), "LOG2")});
  // The primary is sound but for its state: it can always be read, by itself or recovered.
  if (!opened.hive || opened.state == hive::HiveState::damaged) std::abort();
  if (opened.state == hive::HiveState::recovered && opened.hive->root().name().size() > 32767) {
    std::abort();
  }
  return 0;
}
