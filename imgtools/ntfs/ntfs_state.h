// What an NTFS volume says of its own state: may its files be taken at face value, and may anything
// be written to it?
//
// $LogFile starts with two restart pages (at 0 and one system page further). The one with the
// higher current LSN counts. The log is clean if no client has it open, or if the flag "volume is
// clean" (2) is set, or if it is filled with FF bytes (then it was reset). All Windows write
// version 1.1. Windows 8 and later switch to 2.0 while a volume is in use and back to 1.1 at a full
// shutdown, so 2.0 on an image means fast startup or a machine that did not shut down.
//
// hiberfil.sys, in the root of the volume that boots, starts with "hibr" (or "HIBR") while it holds
// a session: the memory of that session holds parts of the file system that are not on the disk. On
// the other volumes of a hibernated machine the file is shorter than its own header.
//
// Sources: Richard Russon and Anton Altaparmakov, "NTFS documentation"; libntfs-3g, layout.h.
#pragma once

#include "imgtools/ntfs/ntfs.h"
#include "imgtools/volume.h"

namespace goldhive {

/// Reads $LogFile's restart pages and the head of hiberfil.sys. What cannot be read counts as
/// unclean.
VolumeState ntfs_state(const NtfsVolume& volume);

}  // namespace goldhive
