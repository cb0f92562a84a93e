// A disk of any bytes, GPT checksums made right: its partition table is read and each volume
// probed.
#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/crc.h"
#include "imgtools/disk/fs_probe.h"
#include "imgtools/disk/partitions.h"
#include "tests/fuzz/file_of_target.h"

using namespace goldhive;

namespace {

void refresh_gpt(Bytes& disk, std::size_t header) {
  if (disk.size() < header + 512) return;
  const ByteView view(disk, 0, "disk");
  const std::uint64_t table = view.u64(header + 72) * 512;
  const std::uint64_t length = std::uint64_t{view.u32(header + 80)} * view.u32(header + 84);
  if (table < disk.size() && length < disk.size() - table) {
    put_u32(disk, header + 88,
            crc32(std::span(disk).subspan(static_cast<std::size_t>(table),
                                          static_cast<std::size_t>(length))));
  }
  const std::size_t size = std::min<std::size_t>(view.u32(header + 12), 512);
  if (size >= 20) {
    put_u32(disk, header + 16, crc32_without_field(std::span(disk).subspan(header, size), 16));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, data + size);
  refresh_gpt(bytes, 512);
  const auto disk = fuzz::file_of_target(std::move(bytes), "disk");
  for (const std::uint32_t sector : {0U, 512U, 4096U}) {
    try {
      for (const Partition& p : read_partitions(*disk, sector).partitions) {
        probe_file_system(SliceSource(disk, p.offset, p.length, "volume"));
      }
    } catch (const Error&) {
    }
  }
  return 0;
}
