#include "imgtools/wim/wim_blob_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr std::size_t flags_offset = 7;
constexpr std::size_t part_offset = 24;
constexpr std::size_t references_offset = 26;
constexpr std::size_t hash_offset = 30;

/// How many slots a search may try. SHA-1 spreads evenly, so a table that needs more, in an index
/// that is at most two thirds full, was made on purpose.
constexpr std::size_t max_probes = 1000;

bool is_solid_resource(const WimResource& resource) {
  return resource.is_solid() && resource.size == wim_solid_resource_mark;
}

}  // namespace

WimBlobEntry wim_blob_entry_at(const ByteView& view, std::size_t at) {
  WimBlobEntry entry;
  entry.resource = wim_resource_at(view, at);
  entry.part = view.u16(at + part_offset);
  entry.references = view.u32(at + references_offset);
  std::copy_n(view.slice(at + hash_offset, entry.hash.size()).span().begin(), entry.hash.size(),
              entry.hash.begin());
  return entry;
}

void put_wim_blob_entry(std::span<std::uint8_t> out, std::size_t at, const WimBlobEntry& entry) {
  put_wim_resource(out, at, entry.resource);
  put_u16(out, at + part_offset, entry.part);
  put_u32(out, at + references_offset, entry.references);
  std::copy(entry.hash.begin(), entry.hash.end(),
            out.subspan(at + hash_offset, entry.hash.size()).begin());
}

WimBlobTable::WimBlobTable(LargeBuffer table, std::uint16_t part, std::string name)
    : table_(std::move(table)), part_(part), name_(std::move(name)) {
  if (table_.size() % wim_blob_entry_size != 0) {
    throw Error(ErrorKind::corrupt,
                fmt::format("the blob table has {} bytes: expected a multiple of {}", table_.size(),
                            wim_blob_entry_size),
                name_);
  }
  slots_.resize(std::bit_ceil(size() + size() / 2 + 1));
  const ByteView view(table_.span(), 0, name_);
  bool in_run = false;  // true inside a row of solid entries
  for (std::size_t i = 0; i < size(); ++i) {
    // A dozen of tens of thousands of entries matter, so only the fields that tell the kinds apart
    // are read.
    const std::size_t at = i * wim_blob_entry_size;
    if (view.u16(at + part_offset) != part) continue;
    WimResource kind;
    kind.flags = view.u8(at + flags_offset);
    if (kind.is_solid() && !in_run) runs_.push_back({i, {}});
    in_run = kind.is_solid();
    if (in_run && is_solid_resource(wim_resource_at(view, at))) {
      runs_.back().resources.push_back(i);
    } else if (kind.is_metadata()) {
      if (view.u32(at + references_offset) != 0) metadata_.push_back(i);
    } else if (!has_hash(i, WimHash{})) {
      add(i);
    }
  }
}

WimBlobEntry WimBlobTable::entry(std::size_t index) const {
  return wim_blob_entry_at(ByteView(table_.span(), 0, name_), index * wim_blob_entry_size);
}

std::span<const std::uint8_t> WimBlobTable::hash_at(std::size_t index) const {
  return table_.span().subspan(index * wim_blob_entry_size + hash_offset, WimHash{}.size());
}

bool WimBlobTable::has_hash(std::size_t index, std::span<const std::uint8_t> hash) const {
  return std::memcmp(hash_at(index).data(), hash.data(), hash.size()) == 0;
}

std::size_t WimBlobTable::slot_of(std::span<const std::uint8_t> hash) const {
  return ByteView(hash, 0, name_).u32(0) & (slots_.size() - 1);
}

void WimBlobTable::add(std::size_t index) {
  const std::span<const std::uint8_t> hash = hash_at(index);
  std::size_t slot = slot_of(hash);
  for (std::size_t probe = 0; slots_[slot] != 0; ++probe) {
    if (has_hash(slots_[slot] - 1, hash)) return;
    if (probe == max_probes) {
      throw Error(
          ErrorKind::corrupt,
          fmt::format("more than {} hashes of the blob table begin alike, which SHA-1 sums of "
                      "contents do not: it is damaged, or was made to cost much time",
                      max_probes),
          name_);
    }
    slot = (slot + 1) & (slots_.size() - 1);
  }
  slots_[slot] = static_cast<std::uint32_t>(index + 1);
}

std::optional<std::size_t> WimBlobTable::find(const WimHash& hash) const {
  for (std::size_t slot = slot_of(hash); slots_[slot] != 0;
       slot = (slot + 1) & (slots_.size() - 1)) {
    if (has_hash(slots_[slot] - 1, hash)) return slots_[slot] - 1;
  }
  return std::nullopt;
}

const WimSolidRun& WimBlobTable::run_of(std::size_t index) const {
  const auto after =
      std::upper_bound(runs_.begin(), runs_.end(), index,
                       [](std::size_t value, const WimSolidRun& run) { return value < run.first; });
  if (after == runs_.begin() || std::prev(after)->resources.empty()) {
    throw Error(
        ErrorKind::corrupt,
        fmt::format("entry {} of the blob table lies in a solid resource, but no entry before it "
                    "is one",
                    index + 1),
        name_);
  }
  return *std::prev(after);
}

}  // namespace goldhive
