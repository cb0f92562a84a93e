// VDI, the format of VirtualBox, as far as it must be known before qemu reads one.
//
// A header, a table with one number for each block of the disk (1 MiB), and the blocks in the order
// in which they were first written. Block n of the file lies at the start of the data plus n
// blocks. Two numbers mean that there is none, and zeros are read.
//
// Source: forum documentation of the header by its author, t-8715; qemu, block/vdi.c.
#pragma once

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

/// Throws Error: corrupt, unsupported (a differencing one, which qemu does not read).
void check_vdi_header(const ByteSource& file);

/// Error(corrupt) if the table or a block does not lie in the file.
void check_vdi_map(const ByteSource& file);

}  // namespace goldhive
