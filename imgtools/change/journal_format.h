// The bytes of a journal and of an undo file (they are the same file under two names): what stands
// where, written in docs/journal-format.md. What a journal is for: journal.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/digest.h"
#include "imgtools/bytes/write.h"
#include "imgtools/host/storage.h"

namespace goldhive {

inline constexpr std::uint32_t journal_version = 1;

/// Old bytes are kept in whole blocks of this size: a disk that loses power while it writes a few
/// bytes may spoil the rest of its physical sector (4096 on today's disks).
inline constexpr std::uint64_t journal_block = 4096;

/// Targets of one journal: the hives of one folder.
inline constexpr std::uint32_t journal_max_targets = 16;

/// How often a transaction may write one byte: four phases (disk/vhdx_write.cc has the most), and
/// in each of them a piece of a structure over the whole of it. A journal with more would make any
/// content of a target look like one that the transaction left.
inline constexpr std::uint32_t journal_max_writes = 8;

/// One file that the transaction changes.
struct JournalTarget {
  std::string name;  ///< a plain name in the folder of the targets
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;  ///< >= old_size
  Digest growth{};             ///< SHA-256 of the new bytes from old_size to new_size
};

/// Bytes that the transaction wrote over a record's old bytes.
struct JournalEdit {
  std::uint32_t at = 0;  ///< from the start of the record's range
  std::uint32_t length = 0;
  std::uint64_t position = 0;  ///< of the bytes in the journal
};

/// A range of a target, whole blocks but at its end, with its old bytes.
struct JournalRecord {
  std::uint32_t target = 0;
  std::uint64_t offset = 0;
  std::uint32_t length = 0;
  std::uint64_t position = 0;      ///< of the old bytes in the journal
  std::vector<JournalEdit> edits;  ///< in the order in which they were written
};

/// A journal as read: complete, its checksum right, its fields consistent. Bytes stay in the file.
class Journal {
 public:
  /// Says whether the journal may concern the targets it names, by throwing if not, and how many
  /// bytes these have now, all together. Is handed a journal that has its folder, metadata and
  /// targets, but no records yet, and whose checksum nobody has looked at.
  using Admit = std::function<std::uint64_t(const Journal& begun)>;

  /// Error(corrupt) for anything that is not a whole journal, Error(unsupported) for one of a newer
  /// version. The checksum comes last, since it takes a read of all of it: what comes from a
  /// stranger is first measured against its targets by `admit`; null for what this process wrote.
  static Journal decode(std::shared_ptr<const ByteSource> source, const Admit& admit);

  /// Where the targets lie, relative to the root (JournalPlace); "" is the root itself.
  const std::string& folder() const { return folder_; }
  /// What the writer wanted to remember; opaque here.
  const std::string& metadata() const { return metadata_; }
  const std::vector<JournalTarget>& targets() const { return targets_; }
  /// Sorted by target and offset, not overlapping.
  const std::vector<JournalRecord>& records() const { return records_; }
  Bytes old_bytes(const JournalRecord& record) const;
  Bytes edit_bytes(const JournalEdit& edit) const;
  const ByteSource& source() const { return *source_; }

 private:
  std::shared_ptr<const ByteSource> source_;
  std::string folder_;
  std::string metadata_;
  std::vector<JournalTarget> targets_;
  std::vector<JournalRecord> records_;
};

/// Whether the file claims to be a journal (an undo file is one), whole or not.
bool is_journal(const ByteSource& source);

/// A journal to be written. The edits' bytes are borrowed.
struct JournalPlan {
  struct Edit {
    std::uint32_t at = 0;
    std::span<const std::uint8_t> bytes;
  };
  struct Record {
    std::uint32_t target = 0;
    std::uint64_t offset = 0;
    std::uint32_t length = 0;
    std::vector<Edit> edits;
  };

  std::string folder;
  std::string metadata;
  std::vector<JournalTarget> targets;
  std::vector<Record> records;  ///< sorted by target and offset

  /// Size of the journal in bytes.
  std::uint64_t length() const;
  /// Adds a target and the records that `writes` need: in the order of writing, and they may
  /// overlap.
  void add_target(JournalTarget target, const std::vector<const Write*>& writes);
};

/// Fills `out` with the bytes that `target` holds at `offset` now.
using OldBytes =
    std::function<void(std::uint32_t target, std::uint64_t offset, std::span<std::uint8_t> out)>;

/// Writes the whole journal into `file`, from offset 0. Does not sync.
void encode(const JournalPlan& plan, const OldBytes& old_bytes, WritableFile& file);

}  // namespace goldhive
