// Changes of files of an NTFS volume, as changes of the volume's bytes. Nothing is written here.
//
// A file that keeps its size is changed in its clusters: its run list says where they are, and no
// metadata of the file system is touched. That is possible if the data are non-resident, neither
// compressed nor sparse where they change, and lie inside the initialised size.
//
// Anything else (a file that grows, is compressed, or lies in its MFT record) is for libntfs-3g, if
// the build has it: change_by_library.h. Neither changes a file that has a reparse point, one that
// "compact /exe" or Compact OS compressed among them, nor one that is encrypted.
#pragma once

#include <memory>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/write.h"
#include "imgtools/volume.h"

namespace goldhive {

/// What `edits` mean for the bytes of the volume; sorted, not overlapping. Throws Error: not_found
/// (a path), unsupported (a file as above; no change in place, and the build has no library for
/// others, or the library refuses to write to this volume), io (no room), corrupt.
std::vector<Write> change_ntfs_files(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>& edits);

}  // namespace goldhive
