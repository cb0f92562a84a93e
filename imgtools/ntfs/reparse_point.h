// Reparse points: files whose content is elsewhere. A tag says whose business that is.
//
//   at 0   the tag, u32      at 4   length of the data, u16      at 8   the data
//
// What is odd about it: of a file compressed by Compact OS or "compact /exe" the plain data are a
// hole, which would read as zeros; what they should be lies in another stream (wof.h).
//
// Source: Microsoft, [MS-FSCC] 2.1.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "imgtools/bytes/error.h"
#include "imgtools/ntfs/file_record.h"

namespace goldhive::ntfs {

/// The Windows Overlay Filter: compressed by Compact OS or "compact /exe".
inline constexpr std::uint32_t overlay_filter_tag = 0x80000017;

/// The tag of a file's reparse point; nullopt if it has none. Throws Error.
std::optional<std::uint32_t> reparse_tag(const FileRecord& file);

/// Error(unsupported) if a folder has a reparse point: it is a junction, a link or a mount point,
/// and what Windows finds at that path lies elsewhere. `path` names it.
void require_own_content(const FileRecord& folder, const std::string& path);

/// The error of whoever needs the plain data of a file with that tag to be its content.
Error content_elsewhere(std::uint32_t tag, const std::string& path);

}  // namespace goldhive::ntfs
