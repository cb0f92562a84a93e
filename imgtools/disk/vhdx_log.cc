#include "imgtools/disk/vhdx_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/crc.h"

namespace goldhive {

namespace {

constexpr std::uint32_t sector_bytes = 4096;
constexpr std::size_t header_size = 64;
constexpr std::size_t descriptor_size = 32;
constexpr std::uint32_t max_log = 64U << 20;  // Windows and qemu make logs of 1 MiB
constexpr std::uint64_t max_file = std::uint64_t{1} << 50;

struct Entry {
  std::uint64_t sequence = 0;
  std::uint32_t offset = 0;  // in the log
  std::uint32_t length = 0;
  std::uint32_t tail = 0;
  std::uint64_t flushed_size = 0;
  std::uint64_t last_size = 0;
};

// Where the data sectors of an entry start: after its descriptors, which fill whole sectors.
std::uint64_t data_start(std::uint64_t descriptors) {
  const std::uint64_t bytes = header_size + descriptors * descriptor_size;
  return (bytes + sector_bytes - 1) / sector_bytes * sector_bytes;
}

class Log {
 public:
  Log(const ByteSource& file, const VhdxHeader& header)
      : name_(file.name()), header_(header), length_(header.log_length), budget_(budget_for(file)) {
    if (length_ > max_log) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("has a VHDX log of {} bytes, at most {} are read", length_, max_log),
                  name_);
    }
    ring_ = file.read(header.log_offset, length_);
    verified_.resize(length_ / sector_bytes);
  }

  // The active sequence, tail first; empty if there is none.
  std::vector<Entry> active_sequence() {
    std::vector<Entry> best;
    for (std::uint32_t tail = 0; tail < length_;) {
      std::vector<Entry> run = run_from(tail);
      std::uint32_t next = tail + sector_bytes;
      const auto first = std::find_if(run.begin(), run.end(),
                                      [&](const Entry& e) { return e.offset == run.back().tail; });
      if (first != run.end()) {
        const Entry head = run.back();
        // Go on behind the head. If that is past the end of the ring, every place was tried.
        next = head.offset < tail ? length_ : head.offset + head.length;
        if (best.empty() || head.sequence > best.back().sequence) best.assign(first, run.end());
      }
      tail = next;
    }
    return best;
  }

  // The bytes of an entry, joined if it crosses the end of the ring.
  Bytes bytes_of(const Entry& entry) const { return read(entry.offset, entry.length); }

 private:
  std::vector<Entry> run_from(std::uint32_t offset) {
    std::vector<Entry> run;
    std::uint64_t covered = 0;
    for (;;) {
      const std::optional<Entry> entry = entry_at(offset);
      if (!entry || (!run.empty() && entry->sequence != run.back().sequence + 1)) return run;
      covered += entry->length;
      if (covered > length_) return run;  // the run has come round to its own tail
      run.push_back(*entry);
      offset = (offset + entry->length) % length_;
    }
  }

  Bytes read(std::uint32_t offset, std::uint32_t length) const {
    const std::uint32_t first = std::min(length, length_ - offset);
    Bytes data(ring_.begin() + offset, ring_.begin() + offset + first);
    data.insert(data.end(), ring_.begin(), ring_.begin() + (length - first));
    return data;
  }

  // The entry that starts at `offset`, if there is a valid one.
  std::optional<Entry> entry_at(std::uint32_t offset) {
    const ByteView view(std::span<const std::uint8_t>(ring_).subspan(offset, header_size),
                        header_.log_offset + offset, name_);
    Entry entry;
    entry.offset = offset;
    entry.length = view.u32(8);
    entry.tail = view.u32(12);
    entry.sequence = view.u64(16);
    entry.flushed_size = view.u64(48);
    entry.last_size = view.u64(56);
    if (!view.starts_with("loge") || guid_at(view, 32) != header_.log_guid ||
        entry.length < sector_bytes || entry.length % sector_bytes != 0 || entry.length > length_ ||
        entry.tail % sector_bytes != 0 || entry.tail >= length_ || entry.sequence == 0) {
      return std::nullopt;
    }
    Verdict& verdict = verified_[offset / sector_bytes];
    if (verdict == Verdict::unknown) verdict = is_sound(entry) ? Verdict::good : Verdict::bad;
    if (verdict == Verdict::bad) return std::nullopt;
    return entry;
  }

  bool is_sound(const Entry& entry) {
    // Every sector may start an entry, and a crafted log can make each look as long as the log.
    budget_->read(entry.length, name_ + ": its log");
    const Bytes data = bytes_of(entry);
    const ByteView view(data, header_.log_offset + entry.offset, name_);
    if (view.u32(4) != crc32c_without_field(data, 4)) return false;
    const std::uint64_t descriptors = view.u32(24);
    std::uint64_t sector = data_start(descriptors);
    if (sector > entry.length) return false;
    for (std::size_t i = 0; i < descriptors; ++i) {
      const ByteView d = view.slice(header_size + i * descriptor_size, descriptor_size);
      if (d.u64(24) != entry.sequence || d.u64(16) % sector_bytes != 0) return false;
      if (d.starts_with("zero")) {
        if (d.u64(8) % sector_bytes != 0) return false;
        continue;
      }
      if (!d.starts_with("desc") || sector + sector_bytes > entry.length) return false;
      const ByteView stored = view.slice(static_cast<std::size_t>(sector), sector_bytes);
      if (!stored.starts_with("data") || stored.u32(4) != entry.sequence >> 32 ||
          stored.u32(sector_bytes - 4) != (entry.sequence & 0xffffffff)) {
        return false;
      }
      sector += sector_bytes;
    }
    return sector == entry.length;
  }

  enum class Verdict : std::uint8_t { unknown, good, bad };

  const std::string& name_;
  const VhdxHeader& header_;
  std::uint32_t length_;
  Bytes ring_;
  std::vector<Verdict> verified_;  // by sector: a checksum is computed once
  SharedBudget budget_;
};

void check_target(const ByteSource& file, std::uint64_t offset, std::uint64_t length) {
  if (offset > max_file || length > max_file - offset) {
    throw Error::corrupt(file.name(), offset,
                         "the VHDX log writes beyond the largest size of a VHDX",
                         fmt::format("below {:#x}", max_file), fmt::format("{:#x} bytes", length));
  }
}

void replay(const Bytes& entry, OverlaySource& file) {
  const ByteView view(entry, 0, file.name());
  const std::uint64_t descriptors = view.u32(24);
  std::uint64_t sector = data_start(descriptors);
  for (std::size_t i = 0; i < descriptors; ++i) {
    const ByteView d = view.slice(header_size + i * descriptor_size, descriptor_size);
    const std::uint64_t target = d.u64(16);
    if (d.starts_with("zero")) {
      check_target(file, target, d.u64(8));
      file.write_zeros(target, d.u64(8));
      continue;
    }
    check_target(file, target, sector_bytes);
    const auto stored = view.slice(static_cast<std::size_t>(sector), sector_bytes).span();
    Bytes data(stored.begin(), stored.end());
    put_u64(data, 0, d.u64(8));
    put_u32(data, sector_bytes - 4, d.u32(4));
    file.write(target, data);
    sector += sector_bytes;
  }
}

}  // namespace

VhdxReplay replay_vhdx_log(const std::shared_ptr<const ByteSource>& file,
                           const VhdxHeader& header) {
  VhdxReplay result;
  if (header.log_length == 0) return result;
  Log log(*file, header);
  const std::vector<Entry> sequence = log.active_sequence();
  if (sequence.empty()) return result;

  const Entry& head = sequence.back();
  if (file->size() < head.flushed_size) {
    throw Error::corrupt(file->name(), file->size(), "the VHDX was cut off",
                         fmt::format("at least {} bytes", head.flushed_size),
                         fmt::format("{} bytes", file->size()));
  }
  check_target(*file, head.last_size, 0);
  result.file = std::make_unique<OverlaySource>(file, file->name());
  for (const Entry& entry : sequence) replay(log.bytes_of(entry), *result.file);
  result.file->grow(head.last_size);
  result.entries = sequence.size();
  return result;
}

}  // namespace goldhive
