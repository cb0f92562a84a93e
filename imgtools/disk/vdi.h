// VDI, the format of VirtualBox, as far as it must be known before qemu reads one.
//
// A header, a table with one number for each block of the disk (1 MiB), and the blocks in the order
// in which they were first written. The number n stands for the block of the file that lies n
// blocks behind the start of the data. Two special numbers mean that the file has no such block,
// which reads as zeros.
//
// Source: forum documentation of the header by its author, t-8715; qemu, block/vdi.c.
#pragma once

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// Throws Error: corrupt, unsupported (a differencing VDI, which qemu cannot read).
void check_vdi_header(const ByteSource& file);

/// Error(corrupt) if the table or a block does not lie in the file.
void check_vdi_map(const ByteSource& file);

}  // namespace goldhive
