#include "imgtools/ntfs/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "imgtools/ntfs/corrupt.h"
#include "imgtools/ntfs/lznt1.h"

namespace goldhive::ntfs {

namespace {

/// The only one that there is: units of 16 clusters.
constexpr unsigned compression_unit_shift = 4;

}  // namespace

Stream::Stream(const VolumeBytes& volume, Bytes value)
    : volume_(volume), size_(value.size()), initialised_(value.size()), value_(std::move(value)) {}

Stream::Stream(const VolumeBytes& volume, const Attribute& first, RunMap runs)
    : volume_(volume),
      size_(first.size),
      initialised_(first.initialised),
      origin_(first.mapping_pairs.origin()),
      compressed_(first.compressed),
      runs_(std::move(runs)),
      held_(volume.budget()) {
  if (!compressed_) return;
  if (first.unit_shift != compression_unit_shift) {
    throw Error(
        ErrorKind::unsupported,
        fmt::format("is compressed in units of 2^{} clusters, which no NTFS has", first.unit_shift),
        volume.name());
  }
  unit_clusters_ = std::uint64_t{1} << compression_unit_shift;
}

void Stream::read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (!runs_) {
    std::copy_n(value_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return;
  }
  while (!out.empty() && offset < initialised_) {
    const auto wanted = out.first(
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), initialised_ - offset)));
    const std::size_t done =
        compressed_ ? read_compressed(offset, wanted) : read_plain(offset, wanted);
    offset += done;
    out = out.subspan(done);
  }
  std::fill(out.begin(), out.end(), std::uint8_t{0});
}

Error Stream::beyond_runs(std::uint64_t offset) const {
  return Error::corrupt(
      volume_.name(), origin_,
      fmt::format("no cluster is said to hold the byte at {:#x} of an attribute", offset),
      fmt::format("{:#x} bytes", initialised_));
}

/// From one run; returns how many bytes it read.
std::size_t Stream::read_plain(std::uint64_t offset, std::span<std::uint8_t> out) const {
  const std::uint32_t cluster = volume_.boot().cluster_size;
  const std::optional<Run> run = runs_->at(offset / cluster);
  if (!run) throw beyond_runs(offset);
  const std::uint64_t inside = offset % cluster;
  const auto piece = out.first(static_cast<std::size_t>(
      std::min<std::uint64_t>(out.size(), run->length * cluster - inside)));
  if (run->place) {
    volume_.read(*run->place * cluster + inside, piece);
  } else {
    std::fill(piece.begin(), piece.end(), std::uint8_t{0});
  }
  return piece.size();
}

/// How many clusters of a unit are there: the first ones, as holes come behind them.
std::uint64_t Stream::clusters_there(std::uint64_t first) const {
  std::uint64_t there = 0;
  for (std::uint64_t done = 0; done < unit_clusters_;) {
    const std::optional<Run> run = runs_->at(first + done);
    if (!run) break;
    const std::uint64_t length = std::min(run->length, unit_clusters_ - done);
    if (run->place && there != done) {
      throw Error::corrupt(volume_.name(), *run->place * volume_.boot().cluster_size,
                           "a cluster of a compressed attribute follows a hole of its unit");
    }
    if (run->place) there += length;
    done += length;
  }
  return there;
}

/// From one unit; returns how many bytes it read.
std::size_t Stream::read_compressed(std::uint64_t offset, std::span<std::uint8_t> out) const {
  const std::uint64_t unit_size = unit_clusters_ * volume_.boot().cluster_size;
  const std::uint64_t unit = offset / unit_size;
  const std::uint64_t inside = offset % unit_size;
  const auto piece =
      out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), unit_size - inside)));
  const std::uint64_t first = unit * unit_clusters_;
  const std::uint64_t there = clusters_there(first);
  if (there == unit_clusters_) return read_plain(offset, piece);
  if (there == 0) {
    std::fill(piece.begin(), piece.end(), std::uint8_t{0});
  } else {
    if (unit_ != unit) load_unit(unit, first, there);
    std::copy_n(unpacked_.begin() + static_cast<std::ptrdiff_t>(inside), piece.size(),
                piece.begin());
  }
  return piece.size();
}

void Stream::load_unit(std::uint64_t unit, std::uint64_t first, std::uint64_t there) const {
  const std::uint32_t cluster = volume_.boot().cluster_size;
  const auto unit_size = static_cast<std::size_t>(unit_clusters_ * cluster);
  if (unpacked_.empty()) held_.add(2 * std::uint64_t{unit_size}, volume_.name());
  if (const SharedBudget& budget = volume_.budget()) budget->read(unit_size, volume_.name());
  unit_ = ~std::uint64_t{0};
  unpacked_.resize(unit_size);
  Bytes packed(static_cast<std::size_t>(there * cluster));
  for (std::size_t at = 0; at < packed.size();) {
    at += read_plain(first * cluster + at, std::span(packed).subspan(at));
  }
  const std::uint64_t origin = runs_->at(first)->place.value_or(0) * cluster;
  decompress_lznt1(ByteView(packed, origin, volume_.name()), unpacked_);
  unit_ = unit;
}

std::optional<Stream::Place> Stream::place(std::uint64_t offset) const {
  if (!runs_ || compressed_ || offset >= initialised_) return std::nullopt;
  const std::uint32_t cluster = volume_.boot().cluster_size;
  const std::optional<Run> run = runs_->at(offset / cluster);
  if (!run || !run->place) return std::nullopt;
  const std::uint64_t inside = offset % cluster;
  return Place{*run->place * cluster + inside,
               std::min(run->length * cluster - inside, initialised_ - offset)};
}

}  // namespace goldhive::ntfs
