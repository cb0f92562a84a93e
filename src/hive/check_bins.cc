// Checks of the base block, the bins, and the cells that fill them.
#include <fmt/format.h>

#include "src/hive/check_map.h"

namespace goldhive::hive {

namespace {

/// The cells of a bin, from `begin` to `end`. After a bad size, no further cell of the bin can be
/// found.
void check_cells(CheckMap& map, std::uint32_t begin, std::uint32_t end) {
  CheckResult& result = map.result();
  for (std::uint32_t at = begin; at < end;) {
    CellHeader cell;
    try {
      cell = parse_cell_header(map.bins_from(at));
    } catch (const Error& e) {
      map.fault(FaultCode::bad_cell_size, e);
      return;
    }
    if (cell.size > end - at) {
      map.fault(FaultCode::bad_cell_size, file_offset(at), "a cell reaches beyond its bin",
                fmt::format("at most {:#x}", end - at), fmt::format("{:#x}", cell.size));
      return;
    }
    map.add_cell(at, cell.in_use);
    (cell.in_use ? result.cells : result.free_cells) += 1;
    (cell.in_use ? result.used_bytes : result.free_bytes) += cell.size;
    at += cell.size;
  }
}

}  // namespace

void check_base_block(CheckMap& map) {
  const BaseBlock& base = map.base_block();
  if (!base.checksum_ok()) {
    map.fault(FaultCode::bad_checksum, 508, "wrong checksum of the base block",
              fmt::format("{:#010x}", base.computed_checksum),
              fmt::format("{:#010x}", base.checksum));
  }
  if (base.sequence1 != base.sequence2) {
    map.fault(FaultCode::unequal_sequences, 4, "the sequence numbers differ: the hive is dirty",
              fmt::format("{}", base.sequence1), fmt::format("{}", base.sequence2));
  }
  if (base.stated_bins_size != base.bins_size) {
    map.fault(FaultCode::wrong_bins_size, 40, "the bins do not have the size stated",
              fmt::format("{:#x}", base.bins_size), fmt::format("{:#x}", base.stated_bins_size));
  }
}

void check_bins(CheckMap& map) {
  bool lost = false;  // true inside a bad area: one fault for all of it
  for (std::uint32_t at = 0; at < map.size();) {
    BinHeader bin;
    try {
      bin = parse_bin_header(map.bins_from(at));
      lost = false;
    } catch (const Error& e) {
      if (!lost) map.fault(FaultCode::bad_bin, e);
      lost = true;
      if (map.size() - at <= base_block_size) return;
      at += base_block_size;
      continue;
    }
    map.result().bins += 1;
    std::uint32_t end = map.size();
    if (bin.size > map.size() - at) {
      map.fault(FaultCode::bad_bin, file_offset(at) + 8, "a bin reaches beyond the last one",
                fmt::format("at most {:#x}", map.size() - at), fmt::format("{:#x}", bin.size));
    } else {
      end = at + bin.size;
    }
    check_cells(map, at + bin_header_size, end);
    at = end;
  }
}

}  // namespace goldhive::hive
