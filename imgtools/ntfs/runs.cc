#include "imgtools/ntfs/runs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

/// More than any place or length of a volume of less than 2^63 bytes needs.
constexpr std::size_t most_number_bytes = 8;

/// A little-endian number of `length` bytes whose highest bit is its sign.
std::int64_t signed_number(const ByteView& view, std::size_t at, std::size_t length) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < length; ++i) number |= std::uint64_t{view.u8(at + i)} << (8 * i);
  if (length > 0 && length < 8 && (view.u8(at + length - 1) & 0x80) != 0) {
    number |= ~std::uint64_t{0} << (8 * length);
  }
  return static_cast<std::int64_t>(number);
}

class Decoder {
 public:
  Decoder(const Attribute& piece, std::uint64_t clusters)
      : pairs_(piece.mapping_pairs),
        next_(piece.first_cluster),
        end_(piece.end_cluster),
        clusters_(clusters) {}

  std::vector<Run> decode() {
    std::vector<Run> runs;
    for (std::uint8_t head = 0; (head = pairs_.u8(at_)) != 0;) runs.push_back(pair(head));
    if (next_ != end_) {
      throw corrupt(pairs_, at_, "the runs of an attribute are of another length than it",
                    fmt::format("up to cluster {}", end_), fmt::format("up to {}", next_));
    }
    return runs;
  }

 private:
  Run pair(std::uint8_t head) {
    const std::size_t length_bytes = head & 0xf;
    const std::size_t place_bytes = head >> 4;
    if (length_bytes == 0 || length_bytes > most_number_bytes || place_bytes > most_number_bytes) {
      throw corrupt(pairs_, at_, "bad head of a run", "1 to 8 bytes of length and up to 8 of place",
                    fmt::format("{:#x}", head));
    }
    const std::int64_t length = signed_number(pairs_, at_ + 1, length_bytes);
    if (length <= 0 || static_cast<std::uint64_t>(length) > end_ - next_) {
      throw corrupt(pairs_, at_ + 1, "bad length of a run",
                    fmt::format("1 to {} clusters", end_ - next_), fmt::to_string(length));
    }
    Run run{next_, static_cast<std::uint64_t>(length), std::nullopt};
    if (place_bytes > 0) run.place = place(at_ + 1 + length_bytes, place_bytes, run.length);
    next_ = run.end();
    at_ += 1 + length_bytes + place_bytes;
    return run;
  }

  std::uint64_t place(std::size_t at, std::size_t bytes, std::uint64_t length) {
    // Modulo 2^64: what wraps around is no place in the volume, or is the one that is meant.
    place_ += static_cast<std::uint64_t>(signed_number(pairs_, at, bytes));
    if (length > clusters_ || place_ > clusters_ - length) {
      throw corrupt(pairs_, at, "a run lies beyond the volume",
                    fmt::format("{} clusters in the first {}", length, clusters_),
                    fmt::format("from cluster {:#x} on", place_));
    }
    return place_;
  }

  ByteView pairs_;
  std::size_t at_ = 0;
  std::uint64_t next_;
  std::uint64_t end_;
  std::uint64_t clusters_;
  std::uint64_t place_ = 0;
};

}  // namespace

std::vector<Run> parse_runs(const Attribute& piece, std::uint64_t clusters) {
  return Decoder(piece, clusters).decode();
}

RunMap::RunMap(std::vector<Piece> pieces, const ByteView& where, SharedBudget budget)
    : name_(where.name()), origin_(where.origin()), held_(std::move(budget)) {
  std::uint64_t least = 0;
  for (Piece& piece : pieces) {
    if (pieces_.empty() ? piece.first != 0 : piece.first < least) {
      throw corrupt(where, 0, "the pieces of an attribute do not follow one another",
                    fmt::format("one from cluster {} on", least), fmt::to_string(piece.first));
    }
    least = piece.first + 1;
    pieces_.push_back({std::move(piece), std::nullopt});
  }
}

const std::vector<Run>& RunMap::runs_of(std::size_t index) const {
  LoadedPiece& loaded = pieces_[index];
  if (loaded.runs) return *loaded.runs;
  constexpr int deepest = 16;
  if (loading_ >= deepest) {
    throw Error::corrupt(name_, origin_, "parts of an attribute take one another to be found");
  }
  struct Loading {
    explicit Loading(int& counter) : count(counter) { ++count; }
    ~Loading() { --count; }
    int& count;
  };
  const auto load = [&] {
    const Loading loading(loading_);
    return loaded.piece.load();
  };
  std::vector<Run> runs = load();
  const std::uint64_t end = runs.empty() ? loaded.piece.first : runs.back().end();
  if (index + 1 < pieces_.size() && end != pieces_[index + 1].piece.first) {
    throw Error::corrupt(name_, origin_, "the pieces of an attribute do not follow one another",
                         fmt::format("one from cluster {} on", end),
                         fmt::to_string(pieces_[index + 1].piece.first));
  }
  held_.add(runs.size() * sizeof(Run), name_);
  return loaded.runs.emplace(std::move(runs));
}

std::optional<Run> RunMap::at(std::uint64_t cluster) const {
  const auto later = std::upper_bound(
      pieces_.begin(), pieces_.end(), cluster,
      [](std::uint64_t wanted, const LoadedPiece& p) { return wanted < p.piece.first; });
  if (later == pieces_.begin()) return std::nullopt;
  const auto& runs = runs_of(static_cast<std::size_t>(later - pieces_.begin()) - 1);
  const auto run =
      std::upper_bound(runs.begin(), runs.end(), cluster,
                       [](std::uint64_t wanted, const Run& r) { return wanted < r.end(); });
  if (run == runs.end()) return std::nullopt;
  const std::uint64_t skipped = cluster - run->first;
  return Run{cluster, run->length - skipped,
             run->place ? std::optional(*run->place + skipped) : std::nullopt};
}

}  // namespace goldhive::ntfs
