// The record of a whole-file replacement: what replacement.h writes beside the file while it works,
// and keeps as the undo file afterwards. Its bytes are described in docs/journal-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "imgtools/bytes/digest.h"
#include "imgtools/change/own_names.h"
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

struct HotReplacement {
  ReplacementNames names;
  std::string file;
  ReplacementRecord record;
  /// The file names.old, open; null if it is gone, since rolling back got that far already: then
  /// the file is the old one itself. Not compared with the record yet.
  std::shared_ptr<const ByteSource> kept;
};
/// The replacement of `host_file` (symbolic links to it are followed) that was cut off, if there is
/// one. Error(corrupt) for a damaged record, Error(refused) for one, or an old file, that is not to
/// be believed (own_files.h).
std::optional<HotReplacement> find_hot_replacement(const ReadStorage& storage,
                                                   const std::string& host_file);
/// The same for who is going to write: no link is followed from `file` to another one.
std::optional<HotReplacement> find_hot_replacement_of(const ReadStorage& storage,
                                                      const std::string& file);

/// Whether `content` is the old file that the record speaks of, by its size and all of its bytes.
bool is_original(const ReplacementRecord& record, const ByteSource& content);

/// The old content, compared with the record. Error(refused) if it is another one.
std::shared_ptr<const ByteSource> old_content(const ReadStorage& storage,
                                              const HotReplacement& hot);

}  // namespace goldhive
