#include "imgtools/ntfs/ntfs_state.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/ntfs/update_sequence.h"

namespace goldhive {

namespace {

constexpr std::size_t max_page = 64 << 10;
constexpr std::size_t hibernation_header = 4096;

struct RestartPage {
  std::uint64_t lsn = 0;
  int major = 0;
  bool clean = false;
  std::size_t page_size = 0;
};

/// False if the page was torn.
bool undo_fixups(Bytes& page, std::uint64_t offset, const std::string& name) {
  try {
    ntfs::undo_update_sequence(page, offset, name);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::optional<RestartPage> restart_page_at(const ByteSource& log, std::uint64_t offset) {
  if (offset + ntfs::update_stride > log.size()) return std::nullopt;
  const Bytes head = log.read(offset, ntfs::update_stride);
  const ByteView start(head, offset, log.name());
  if (!start.starts_with("RSTR") && !start.starts_with("CHKD")) return std::nullopt;
  RestartPage result;
  result.page_size = start.u32(16);
  if (!std::has_single_bit(result.page_size) || result.page_size < ntfs::update_stride ||
      result.page_size > max_page || offset + result.page_size > log.size()) {
    return std::nullopt;
  }
  Bytes page = log.read(offset, result.page_size);
  if (!undo_fixups(page, offset, log.name())) return std::nullopt;
  const ByteView view(page, offset, log.name());
  const std::size_t area_at = view.u16(24);
  if (area_at + 48 > page.size()) return std::nullopt;
  const ByteView area = view.from(area_at);
  result.major = static_cast<std::int16_t>(view.u16(28));
  result.lsn = area.u64(0);
  constexpr std::uint16_t no_client = 0xffff;
  constexpr std::uint16_t volume_is_clean = 2;
  result.clean = area.u16(12) == no_client || (area.u16(14) & volume_is_clean) != 0;
  return result;
}

bool is_reset(const ByteSource& log) {
  const Bytes head =
      log.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(log.size(), 8192)));
  return std::all_of(head.begin(), head.end(), [](std::uint8_t b) { return b == 0xff; });
}

void read_log(const ByteSource& log, VolumeState& state, std::vector<std::string>& reasons) {
  if (is_reset(log)) return;
  std::optional<RestartPage> page = restart_page_at(log, 0);
  // If the first page is unreadable, the second one is looked for at the usual page size.
  const auto second = restart_page_at(log, page ? page->page_size : 4096);
  if (second && (!page || second->lsn > page->lsn)) page = second;
  if (!page) {
    state.unclean_log = true;
    reasons.emplace_back("its $LogFile cannot be read");
    return;
  }
  if (page->major >= 2) {
    state.fast_startup = true;
    reasons.emplace_back("$LogFile 2.0: fast startup, or Windows was not shut down at all");
  }
  if (!page->clean) state.unclean_log = true;
}

bool holds_session(const ByteSource& file) {
  if (file.size() < hibernation_header) return true;
  const Bytes head = file.read(0, 4);
  const ByteView view(head, 0, file.name());
  return view.starts_with("hibr") || view.starts_with("HIBR");
}

}  // namespace

VolumeState ntfs_state(const NtfsVolume& volume) {
  VolumeState state;
  std::vector<std::string> reasons;
  state.dirty = volume.dirty();
  try {
    read_log(*volume.open_metadata("$LogFile"), state, reasons);
  } catch (const Error& e) {
    state.unclean_log = true;
    reasons.push_back("its $LogFile cannot be read: " + e.message());
  }
  try {
    const auto hibernation = volume.open_if_present("hiberfil.sys");
    if (hibernation && holds_session(*hibernation)) state.hibernated = true;
  } catch (const Error& e) {
    state.hibernated = true;
    reasons.push_back("its hiberfil.sys cannot be read: " + e.message());
  }
  for (const std::string& reason : reasons) {
    state.detail += (state.detail.empty() ? "" : "; ") + reason;
  }
  return state;
}

}  // namespace goldhive
