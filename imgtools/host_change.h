// What a change of an image means for the files of the host: the one thing that journal and
// replacement know of an image.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/write.h"

namespace goldhive {

/// A change of a file of the host: what the journal writes. All of a phase is on stable storage
/// before the next phase starts (data before the map that points to it).
struct HostEdit {
  std::string path;
  int phase = 0;
  Write write;
};

/// A file of the host that is written anew as a whole, since it cannot be changed in place.
struct HostRewrite {
  std::string path;
  std::uint64_t size_limit = 0;  ///< what the new file takes at most, by an estimate
  /// Hands out the new content from front to back. Reads the old file; may throw Error.
  std::function<void(const std::function<void(std::span<const std::uint8_t>)>& put)> write;
};

/// All that a transaction does to the host: the edits, and the final size of each file that grows
/// (naming one that stays as it is does no harm).
struct HostChange {
  std::vector<HostEdit> edits;  ///< in any order, but those of one phase and file as they are given
  std::vector<std::pair<std::string, std::uint64_t>> sizes;
  /// If set, this is the change, and there are no edits.
  std::optional<HostRewrite> rewrite = std::nullopt;
};

}  // namespace goldhive
