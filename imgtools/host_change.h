// What a change of an image means for the files of the host. Journal and replacement know nothing
// else of an image.
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

/// A change of a file of the host, which the journal writes. All edits of a phase are on stable
/// storage before the next phase starts (data before the map that points to them).
struct HostEdit {
  std::string path;
  int phase = 0;
  Write write;
};

/// A file of the host that is written anew as a whole, because it cannot be changed in place.
struct HostRewrite {
  std::string path;
  std::uint64_t size_limit = 0;  ///< an upper limit of the new file's size, by an estimate
  /// Hands out the new content from front to back. It reads the old file, and may throw Error.
  std::function<void(const std::function<void(std::span<const std::uint8_t>)>& put)> write;
};

/// All that a transaction does to the host: the edits, and the final size of each file that grows.
/// A file that keeps its size may be named, too.
struct HostChange {
  std::vector<HostEdit> edits;  ///< in any order; of one phase and file, in this order
  std::vector<std::pair<std::string, std::uint64_t>> sizes;
  /// If this is set, it is the whole change, and there are no edits.
  std::optional<HostRewrite> rewrite = std::nullopt;
};

}  // namespace goldhive
