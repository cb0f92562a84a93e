// Changes a hive: sets and deletes values, creates and deletes keys, with the fewest bytes changed.
//
// Nothing is written here. The edits are made in memory, over the file's pages. finish() says which
// bytes of the file must change, and the journal (imgtools/change/journal.h) writes them. The order
// of writes inside a hive does not matter, since the journal makes all of them one step.
//
// Decisions, and why:
// - A value that exists keeps its cell; an inline DWORD changes in 4 bytes. hivex rewrites every
//   value of the key and breaks big data in the same key, so we use it only as a check.
// - A new key shares its parent's security cell, whose reference count goes up. In effect that is
//   the descriptor that a key inherits when it is created.
// - Leaves hold at most 507 (lf, lh) or 1013 (li) entries, as in hives of Windows. A full one is
//   split, and an index root (ri) put above.
// - The last-write time of a key whose values or subkeys change becomes `now`, as in the kernel.
// - What a check found wrong in numbers that describe the hive (CheckResult::repairs) is put right,
//   as Windows does when it loads the hive, but only together with an edit.
// - Both sequence numbers end above every number seen in the file and its logs, so that no log
//   entry can ever match again.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "imgtools/bytes/write.h"
#include "src/hive/cell_allocator.h"
#include "src/hive/edit_buffer.h"
#include "src/hive/hive.h"
#include "src/hive/recovery.h"

namespace goldhive::hive {

/// What must be written to the primary file.
struct HiveChange {
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;  ///< >= old_size
  std::vector<Write> writes;   ///< offsets in the file
  std::uint32_t sequence = 0;  ///< both sequence numbers afterwards
  bool empty() const { return writes.empty() && new_size == old_size; }
};

class Editor {
 public:
  /// `primary`: the file as it is. `opened`: the same file through open_with_logs(). A recovered
  /// hive is edited as recovered, and finish() writes the recovered pages too. `repairs`: those of
  /// a check of the hive as opened. Throws Error(refused) for a damaged hive and for versions
  /// outside 1.3 - 1.6.
  Editor(std::shared_ptr<const ByteSource> primary, const OpenedHive& opened, FileTime now,
         std::span<const Write> repairs = {});
  ~Editor();
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  // Paths are relative to the hive's root, parts divided by '\\', matched by the NT case rule. If
  // the result of an operation is there already, nothing changes, not even a time. After an
  // operation has thrown, the editor must not be used any more.

  /// Creates every missing key of the path.
  void create_key(std::string_view path);
  /// Creates the key if it is missing, and creates or overwrites the value. `data`: at most 16344
  /// bytes.
  void set_value(std::string_view path, std::string_view name, ValueType type,
                 std::span<const std::uint8_t> data);
  void set_dword(std::string_view path, std::string_view name, std::uint32_t value);
  /// A missing value is no error.
  void delete_value(std::string_view path, std::string_view name);
  /// Error(refused) if the key has subkeys or is the root. A missing key is no error.
  void delete_key(std::string_view path);

  /// The hive as edited so far, for Hive or the checker to read.
  std::shared_ptr<const ByteSource> contents() const;
  /// Ends the edit: base block, sequence numbers, checksum. Empty if nothing changed.
  HiveChange finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive::hive
