// A resource of a WIM with some of its bytes changed, built anew for the end of the file.
//
// What is not touched is copied as it is stored, so that the change of a value in a hive of 60 MB
// costs the compression of a few chunks and a copy of 7 MB. A chunk that compression would not make
// smaller is stored as it is, which every reader of WIMs knows; so does a build without libwim with
// all that it changes.
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
/// `hash` is that of its content. All of the old content is read and compared with the hash: a
/// change of something that is damaged would give the damage a good sum. Throws Error(corrupt).
/// Not if `known`, all of the new content, is given: whoever read it compared it.
WimRebuilt rebuild_wim_resource(const WimPart& part, const ByteSource& source, std::uint8_t flags,
                                const WimHash& hash, const std::vector<Write>& writes,
                                std::uint64_t size, std::span<const std::uint8_t> known = {});

}  // namespace goldhive
