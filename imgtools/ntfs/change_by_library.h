// What a change of files needs that is more than other bytes in the clusters they have: libntfs-3g
// makes it, on an overlay, and what it writes is collected.
//
// The library's own order of writes is not safe against a crash (MFT record first, bitmap second),
// but here all of its writes go into one transaction. No times are updated: the result would then
// differ from run to run, and Windows' own registry code does not rely on them.
//
// libntfs-3g is GPL-2+, and may be absent from a build.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"
#include "imgtools/volume.h"

namespace goldhive::ntfs {

/// What `edits` mean for the bytes of the volume. `obstacle` says why they are no writes in place:
/// in a build without the library, that is the refusal. Throws Error: unsupported (the build, or
/// the library refuses to write to this volume), io (no room), corrupt.
std::vector<Write> change_by_library(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>& edits,
                                     const std::string& obstacle);

}  // namespace goldhive::ntfs
