// The files that a journal speaks of: which state they are in, and how they are put back. Shared by
// all that journal.h does.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "imgtools/change/journal_format.h"
#include "imgtools/change/locked_targets.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// A target as it is now, however it was opened.
struct TargetView {
  std::uint64_t size = 0;
  std::function<void(std::uint64_t offset, std::span<std::uint8_t> out)> read;
};
TargetView view_of(const ByteSource& source);
TargetView view_of(const WritableFile& file);

/// How the touched blocks and the size of a target compare with its journal. In the middle of a
/// transaction both flags are false; a change without effect has both true.
struct TargetState {
  bool is_old = true;  ///< exactly as before
  bool is_new = true;  ///< exactly as the transaction leaves it
  /// Not "": something is there that neither the old file nor the transaction holds, so this is
  /// another file or was changed by someone else; says where.
  std::string foreign;
};
TargetState compare(const Journal& journal, std::uint32_t target, const TargetView& view);

/// The names of a journal's targets, in its order.
std::vector<std::string> target_names(const Journal& journal);

/// Over all targets: is_old and is_new if all are; the first that is foreign.
TargetState compare_all(const Journal& journal, const LockedTargets& targets);

/// Error(refused) if a file of `size` bytes cannot be the target that a transaction found or left:
/// of what is missing the journal has no bytes, and what was added to it since would be cut off in
/// the middle. Holds whatever force says.
void require_length(const JournalTarget& target, std::uint64_t size);
void require_lengths(const Journal& journal, const LockedTargets& targets);

/// Gives every target its old bytes and size, syncs it and reads it back. May be cut off at any
/// point and repeated any number of times.
void restore(const Journal& journal, LockedTargets& targets);

}  // namespace goldhive
