// The record of a whole-file replacement: what replacement.h writes beside the file while it works,
// and keeps as the undo file afterwards. Its bytes are described in docs/journal-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "imgtools/bytes/digest.h"
#include "imgtools/host/storage.h"

namespace goldhive {

struct ReplacementRecord {
  std::string folder;    ///< of the file, relative to the root of the target; as in a journal
  std::string metadata;  ///< what the writer wants to remember
  std::string name;      ///< of the file
  std::uint64_t old_size = 0;
  std::uint64_t new_size = 0;
  Digest old_digest{};
  Digest new_digest{};
};

Bytes encode(const ReplacementRecord& record);
/// Error(corrupt) for a damaged one, Error(unsupported) for one of a newer version.
ReplacementRecord decode_replacement(const ByteSource& source);
/// By the first bytes.
bool is_replacement_record(const ByteSource& source);

/// The names that a replacement of `file` uses, all in the file's folder.
struct ReplacementNames {
  explicit ReplacementNames(const std::string& file)
      : fresh(file + ".goldhive-new"),
        old(file + ".goldhive-old"),
        record(file + ".goldhive-replacing") {}
  std::string fresh;   ///< the new content, until it is renamed
  std::string old;     ///< another name of the old file, as long as the record stands
  std::string record;  ///< while it stands, the old content counts
};
/// The old file that belongs to an undo file.
inline std::string original_of(const std::string& undo_file) { return undo_file + ".original"; }

struct HotReplacement {
  ReplacementNames names;
  std::string file;
  ReplacementRecord record;
  /// Where the old content is: names.old, or the file itself.
  std::string old_content;
};
/// The replacement of `host_file` (symbolic links to it are followed) that was cut off, if there is
/// one. Error(corrupt) for a damaged record.
std::optional<HotReplacement> find_hot_replacement(const ReadStorage& storage,
                                                   const std::string& host_file);

}  // namespace goldhive
