// Where the clusters of an attribute are: its mapping pairs, decoded to runs.
//
// A pair is a byte whose low half says how many bytes a length has and whose high half how many a
// place has, then the length in clusters, then the place, as the difference to the place before.
// Both are little-endian and signed. A byte of 0 ends the list. A pair without a place is a hole:
// of zeros, or, in a compressed unit, of what compression saved.
//
// What is odd about it:
// - Nothing bounds the numbers: pairs can overlap, go backwards, leave the volume, or add up to
// more
//   than a number holds. Here every run lies in the volume, and all together have the length that
//   the attribute says.
// - A long list is cut in pieces that lie in several records, and places start from 0 in each
// piece.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "Data Runs".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "imgtools/bytes/parse_budget.h"
#include "imgtools/ntfs/attribute.h"

namespace goldhive::ntfs {

struct Run {
  std::uint64_t first = 0;             ///< cluster of the attribute
  std::uint64_t length = 0;            ///< clusters, at least 1
  std::optional<std::uint64_t> place;  ///< cluster of the volume; none: a hole

  std::uint64_t end() const { return first + length; }
};

/// The runs of one piece of an attribute on a volume of `clusters`. Throws Error(corrupt).
std::vector<Run> parse_runs(const Attribute& piece, std::uint64_t clusters);

/// The runs of a whole attribute. A piece of them is loaded when something asks for a cluster of
/// it.
class RunMap {
 public:
  /// The piece that begins with the cluster `first`; the loader keeps what its views need alive.
  struct Piece {
    std::uint64_t first = 0;
    std::function<std::vector<Run>()> load;
  };
  /// By `first`, which must begin with 0 and rise (Error(corrupt) otherwise, at `where`).
  RunMap(std::vector<Piece> pieces, const ByteView& where, SharedBudget budget);

  /// What remains of the run with `cluster` from there on; nullopt behind the last run.
  std::optional<Run> at(std::uint64_t cluster) const;

 private:
  struct LoadedPiece {
    Piece piece;
    std::optional<std::vector<Run>> runs;
  };
  const std::vector<Run>& runs_of(std::size_t index) const;

  std::string name_;
  std::uint64_t origin_;
  mutable std::vector<LoadedPiece> pieces_;
  mutable int loading_ = 0;  ///< $MFT says itself where the records lie that hold its pieces
  mutable HeldBytes held_;
};

}  // namespace goldhive::ntfs
