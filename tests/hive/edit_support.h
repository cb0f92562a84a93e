// Editing a hive in memory, for tests: open, edit, apply what the editor says, look again.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>

#include "src/hive/editor.h"
#include "src/hive/hive.h"
#include "src/hive/recovery.h"

namespace goldhive::hive::testing {

inline constexpr FileTime edit_time = 131000000000000000;  // 2016-02-15

inline Bytes written(Bytes file, const HiveChange& change) {
  file.resize(static_cast<std::size_t>(change.new_size));
  for (const auto& [offset, bytes] : change.writes) {
    std::copy(bytes.begin(), bytes.end(), file.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  return file;
}

inline HiveChange change_of(const Bytes& file, const std::function<void(Editor&)>& edits,
                            const LogSources& logs = {}) {
  const auto primary = std::make_shared<MemorySource>(file, "hive");
  Editor editor(primary, open_with_logs(primary, logs), edit_time);
  edits(editor);
  return editor.finish();
}

/// The file after the edits.
inline Bytes edited(const Bytes& file, const std::function<void(Editor&)>& edits) {
  return written(file, change_of(file, edits));
}

inline Hive open(const Bytes& file) {
  return Hive::open(std::make_shared<MemorySource>(file, "hive"));
}

}  // namespace goldhive::hive::testing
