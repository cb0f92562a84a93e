#include "imgtools/disk/vdi.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/map_bounds.h"

namespace goldhive {

namespace {

constexpr std::uint64_t max_table_bytes = 256U << 20;  // a disk of 64 TiB
constexpr std::uint64_t max_block = 256U << 20;

struct VdiHeader {
  std::uint64_t table_offset = 0;
  std::uint64_t data_offset = 0;
  std::uint64_t disk_size = 0;
  std::uint64_t block_size = 0;
  std::uint64_t blocks = 0;
};

VdiHeader read_header(const ByteSource& file) {
  constexpr std::size_t length = 512;
  constexpr std::uint32_t differencing = 4;
  const Bytes data = file.read(0, length);
  const ByteView view(data, 0, file.name());
  if (view.u32(76) == differencing) {
    throw Error(ErrorKind::unsupported,
                "is a differencing VDI, which qemu does not read: make a whole disk of it first "
                "(VBoxManage clonemedium)",
                file.name());
  }
  VdiHeader header;
  header.table_offset = view.u32(340);
  header.data_offset = view.u32(344);
  header.disk_size = view.u64(368);
  header.block_size = view.u32(376);
  header.blocks = view.u32(384);
  if (header.block_size > max_block || header.disk_size > header.blocks * header.block_size ||
      header.blocks * 4 > max_table_bytes) {
    throw Error::corrupt(file.name(), 376, "bad size or number of the VDI's blocks",
                         fmt::format("blocks for {:#x} bytes, at most {} of at most {:#x} bytes",
                                     header.disk_size, max_table_bytes / 4, max_block),
                         fmt::format("{} of {:#x} bytes", header.blocks, header.block_size));
  }
  if (view.u32(380) != 0) {
    throw Error(ErrorKind::unsupported,
                fmt::format("is a VDI with {} bytes of other data before each block, which is not "
                            "read: copy it first (VBoxManage clonemedium)",
                            view.u32(380)),
                file.name());
  }
  return header;
}

}  // namespace

void check_vdi_header(const ByteSource& file) { read_header(file); }

void check_vdi_map(const ByteSource& file) {
  constexpr std::uint32_t discarded = 0xfffffffe;  // from here on: never written
  const VdiHeader header = read_header(file);
  const MapBounds bounds(file, "VDI");
  const Bytes table =
      bounds.table(340, header.table_offset, header.blocks * 4, "its table of blocks");
  const ByteView view(table, header.table_offset, file.name());
  for (std::size_t at = 0; at < table.size(); at += 4) {
    const std::uint32_t number = view.u32(at);
    if (number >= discarded) continue;
    bounds.require(view.origin() + at, header.data_offset + number * header.block_size,
                   header.block_size, "a block of the disk");
  }
}

}  // namespace goldhive
