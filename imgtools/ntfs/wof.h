// Files that "compact /exe" or Compact OS compressed. Not NTFS keeps them so, but a filter over it,
// the Windows Overlay Filter (WOF): it unpacks them as they are read.
//
// Such a file has a reparse point, whose data say who has the content and how (all u32):
//
//   at  8   version, 1       at 16   version of the provider, 1
//   at 12   provider         at 20   algorithm
//
// Provider 1 has the content in a WIM elsewhere (WIMBoot of Windows 8.1). Provider 2 has it in the
// file, in a data stream of the name WofCompressedData, cut in chunks that are compressed each by
// itself:
//
//   | offsets of chunks 1, 2, ... behind the table | chunk 0 | chunk 1 | ...
//
//   algorithm 0 XPRESS4K    chunks of  4096 bytes
//             1 LZX                   32768
//             2 XPRESS8K               8192
//             3 XPRESS16K             16384
//
// What is odd about it:
// - It is the layout of a resource of a WIM: chunk 0 has no entry, it begins behind the table; the
//   entries are u32, or u64 if the content has 4 GiB or more; a chunk whose stored size is its full
//   size is not compressed.
// - How much content there is says nothing but the size of the plain data, which are one hole.
// - The algorithms are numbered in the order in which they were added, not by the size of a chunk.
// - The chunks of LZX are WIM's, calls of x86 code and all, in windows of 32 KiB.
//
// Sources: Microsoft, [MS-FSCC] 2.1.2 for the tag, and the WDK's documentation of WOF_EXTERNAL_INFO
// and FILE_PROVIDER_EXTERNAL_INFO_V1 (ntifs.h) for what follows it; the stream as in what Eric
// Biggers writes of "system compression" (the documentation of wimlib and of his plugin
// ntfs-3g-system-compression).
#pragma once

#include <memory>
#include <string>

#include "imgtools/ntfs/content.h"
#include "imgtools/ntfs/file_record.h"

namespace goldhive::ntfs {

/// The content of a file whose reparse point has overlay_filter_tag. `volume` must outlive it;
/// `path` is for messages. Throws Error: corrupt, unsupported (a provider or an algorithm).
std::unique_ptr<Content> open_wof(const VolumeBytes& volume, const FileRecord& file,
                                  const std::string& path);

}  // namespace goldhive::ntfs
