// Changes of files of an NTFS volume, as changes of the volume's bytes. Nothing is written here.
//
// A file that keeps its size is changed in its clusters: its run list says where they are, and no
// metadata of the file system is touched. That is possible if the data are non-resident, neither
// compressed nor sparse where they change, and lie inside the initialised size.
//
// Otherwise libntfs-3g makes the change: the volume is mounted for writing on an overlay, and what
// the library writes is collected. The library's own order of writes is not safe against a crash
// (MFT record first, bitmap second), but here all of its writes go into one transaction. No times
// are updated: the result would then differ from run to run, and Windows' own registry code does
// not rely on them.
#pragma once

#include <memory>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"
#include "imgtools/volume.h"

namespace goldhive {

/// What `edits` mean for the bytes of the volume; sorted, not overlapping. Throws Error: not_found
/// (a path), unsupported (the library refuses to write to this volume), io (no room), corrupt.
std::vector<Write> change_ntfs_files(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>& edits);

}  // namespace goldhive
