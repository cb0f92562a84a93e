// Changes a hive: sets and deletes values, creates and deletes keys, with the fewest bytes changed.
//
// Nothing is written here. The edits are made in memory, over the file's pages, and finish() tells
// which bytes of the file have to become what; the journal (imgtools/change/journal.h) puts them
// there.
//
// Write order inside a hive does not matter for that reason: the journal makes all of it one step.
//
// Decisions, and why:
//  - A value that is there keeps its cell; an inline DWORD changes in 4 bytes. hivex writes every
//    value of the key anew and breaks big data beside it, so it only checks us.
//  - A new key shares its parent's security cell, as a key created with an inherited descriptor
//    would in effect have it; its reference count goes up.
//  - Leaves hold at most 507 (lf, lh) or 1013 (li) entries, as Windows' own do; a full one is split
//    and an index root (ri) put above.
//  - The last-write time of a key whose values or subkeys change becomes `now`, as the kernel does.
//  - Both sequence numbers end above every number seen in the file and its logs, so that no log
//    entry can ever match again.
#pragma once

#include <cstdint>
#include <memory>
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

/// What has to be written to the primary file.
struct HiveChange {
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;  ///< >= old_size
  std::vector<Write> writes;   ///< offsets in the file
  std::uint32_t sequence = 0;  ///< both sequence numbers afterwards
  bool empty() const { return writes.empty() && new_size == old_size; }
};

class Editor {
 public:
  /// `primary`: the file as it lies; `opened`: the same file through open_with_logs(). A recovered
  /// hive is edited as recovered, and finish() writes the recovered pages too.
  /// Throws Error(refused) for a damaged hive and for versions outside 1.3 - 1.6.
  Editor(std::shared_ptr<const ByteSource> primary, const OpenedHive& opened, FileTime now);
  ~Editor();
  Editor(const Editor&) = delete;
  Editor& operator=(const Editor&) = delete;

  // Paths are relative to the hive's root, parts divided by '\\', matched by the NT case rule.
  // An operation that finds its result already there changes nothing, not even a time.
  // After any throw the editor must be dropped.

  /// Creates every missing key of the path.
  void create_key(std::string_view path);
  /// Creates the key if need be, and the value, or overwrites it. `data`: at most 16344 bytes.
  void set_value(std::string_view path, std::string_view name, ValueType type,
                 std::span<const std::uint8_t> data);
  void set_dword(std::string_view path, std::string_view name, std::uint32_t value);
  /// No error if it is not there.
  void delete_value(std::string_view path, std::string_view name);
  /// Error(refused) if the key has subkeys or is the root. No error if it is not there.
  void delete_key(std::string_view path);

  /// The hive as edited so far, to read back through Hive or the checker.
  std::shared_ptr<const ByteSource> contents() const;
  /// Closes the edit: base block, sequence numbers, checksum. Empty if nothing changed.
  HiveChange finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive::hive
