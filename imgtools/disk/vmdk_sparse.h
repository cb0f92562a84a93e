// A sparse extent of a VMDK, as far as it must be known before qemu reads one: a whole disk, or a
// part of one that is split ("disk-s001.vmdk").
//
// The disk is cut into grains (64 KiB, as a rule). A directory holds the places of tables, and
// these the places of grains, all in sectors of 512 bytes; 0 means none, where the disk reads as
// zeros or as the parent does. There are two kinds: "KDMV", of VMware's hosted products, and the
// older "COWD", of ESX, with tables of 4096 entries.
//
// What is odd about it: a KDMV that was written from front to back (streamOptimized) has its
// directory at the end, and before it a second header that says where. Its grains are compressed;
// how long each is, is said only in front of it. That is not looked at here: zlib's check sum at
// the end of each tells qemu if something is missing. A KDMV of no sectors is to qemu a descriptor
// of other files, and to nobody else.
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
