// The disk inside an image that qemu reads, as one more file of a Storage.
//
// A patch of such an image is a change of the virtual disk, not of the file: where qemu puts the
// bytes is its own affair. So that journal, undo and recovery need not know of that, a Storage
// shows the disk of "disk.vmdk" as a file "disk.vmdk.goldhive-disk": reading it starts qemu-nbd for
// reading, opening it for writing starts one for writing, with qemu's own locks on the image. There
// is no such name in the folder; its journal, "disk.vmdk.goldhive-disk.goldhive-journal", is a real
// file. The names are those of change/own_names.h.
//
// While one is open for writing, reading it goes through the same qemu-nbd: a second one would be
// kept out by the first one's lock.
#pragma once

#include <memory>

#include "imgtools/host/storage.h"

namespace goldhive {

/// `base` with such files. A real file of that name goes first.
std::unique_ptr<ReadStorage> with_disks(std::unique_ptr<ReadStorage> base);
std::unique_ptr<Storage> with_disks(std::unique_ptr<Storage> base);

}  // namespace goldhive
