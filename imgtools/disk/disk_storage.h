// The disk inside an image that qemu reads, as one more file of a Storage.
//
// A patch of such an image is a change of the virtual disk, not of the file: only qemu knows where
// in the file the bytes go. So that journal, undo and recovery need not know about qemu, a Storage
// shows the disk of "disk.vmdk" as a file "disk.vmdk.goldhive-disk". Opening that file for reading
// starts a qemu-nbd for reading; opening it for writing starts one for writing, which takes qemu's
// own locks on the image. The folder has no such file, but its journal,
// "disk.vmdk.goldhive-disk.goldhive-journal", is a real one. The names are those of
// change/own_names.h.
//
// While the disk is open for writing, reads go through the same qemu-nbd: the lock of the first one
// would keep a second one out.
#pragma once

#include <memory>

#include "imgtools/host/storage.h"

namespace goldhive {

/// `base` with such files. If `base` has a real file of that name, that file is shown.
std::unique_ptr<ReadStorage> with_disks(std::unique_ptr<ReadStorage> base);
std::unique_ptr<Storage> with_disks(std::unique_ptr<Storage> base);

}  // namespace goldhive
