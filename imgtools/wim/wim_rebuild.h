// A resource of a WIM with some of its bytes changed, made anew for the end of the file.
//
// Chunks that do not change are copied as they are stored. So to change a value in a hive of 60 MB,
// a few chunks are compressed and 7 MB are copied. A chunk that compression would not make smaller
// is stored uncompressed, which every reader of WIMs knows. A build without libwim stores every
// changed chunk like that.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "imgtools/bytes/write.h"
#include "imgtools/wim/wim_blob_table.h"
#include "imgtools/wim/wim_resource.h"

namespace goldhive {

struct WimRebuilt {
  Bytes stored;          ///< as it is to lie in the file
  WimResource resource;  ///< without its offset; flags of the old one, never solid
  WimHash hash{};        ///< of the new content
};

/// The content of `source` with `writes` and a new `size`. `flags` are those of its resource,
/// `hash` is that of its content. All of the old content is read and compared with the hash: else a
/// change of damaged content would give the damage a valid hash. Throws Error(corrupt). If `known`,
/// all of the new content, is given, nothing is compared: its reader has done that.
WimRebuilt rebuild_wim_resource(const WimPart& part, const ByteSource& source, std::uint8_t flags,
                                const WimHash& hash, const std::vector<Write>& writes,
                                std::uint64_t size, std::span<const std::uint8_t> known = {});

}  // namespace goldhive
