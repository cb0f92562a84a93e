// A sparse extent of a VMDK, as far as it must be known before qemu reads one: a whole disk, or a
// part of one that is split ("disk-s001.vmdk").
//
// The disk is cut into grains (64 KiB, as a rule). The grain directory holds the places of grain
// tables, and these hold the places of grains, all in sectors of 512 bytes. The place 0 means that
// there is no grain: the disk reads as zeros or as its parent does. There are two kinds: "KDMV", of
// VMware's hosted products, and the older "COWD", of ESX, with grain tables of 4096 entries.
//
// What is odd about it: a KDMV that was written from front to back (streamOptimized) has its
// directory at the end, and before the directory a second header that says where it is. Its grains
// are compressed. Only a field in front of each grain says how long it is. That field is not
// checked here: zlib's checksum at the end of each grain tells qemu if something is missing. qemu
// takes a KDMV without sectors for a descriptor of other files; no other program does.
//
// Sources: VMware, "Virtual Disk Format 5.0"; qemu, block/vmdk.c.
#pragma once

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// The sectors that the extent maps. Error(corrupt) if the file is no sparse extent or has none.
std::uint64_t vmdk_sparse_sectors(const ByteSource& file);

/// Error(corrupt) if the directory, a table or a grain does not lie in the file.
void check_vmdk_map(const ByteSource& file);

}  // namespace goldhive
