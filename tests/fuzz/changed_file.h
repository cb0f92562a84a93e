// What a HostChange does to the only file of a fuzz target, in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <optional>

#include "imgtools/host_change.h"

namespace goldhive::fuzz {

/// The number of the last phase.
inline int last_phase(const HostChange& change) {
  int last = 0;
  for (const HostEdit& edit : change.edits) last = std::max(last, edit.phase);
  return last;
}

/// `file` when the phases up to `phase` are written. An edit beyond the size that the change states
/// is a finding; nullopt for a file that would be too large for a fuzz target.
inline std::optional<Bytes> changed_file(Bytes file, const HostChange& change, int phase) {
  constexpr std::uint64_t too_large = 64 << 20;
  for (const auto& [path, size] : change.sizes) {
    if (size < file.size()) std::abort();
    if (size > too_large) return std::nullopt;
    file.resize(static_cast<std::size_t>(size));
  }
  for (const HostEdit& edit : change.edits) {
    if (edit.write.offset > file.size() || edit.write.data.size() > file.size() - edit.write.offset)
      std::abort();
    if (edit.phase > phase) continue;
    std::copy(edit.write.data.begin(), edit.write.data.end(),
              file.begin() + static_cast<std::ptrdiff_t>(edit.write.offset));
  }
  return file;
}

}  // namespace goldhive::fuzz
