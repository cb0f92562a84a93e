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
// The files of the image are examined here as well (qemu_image.h), since only here is it known
// which files qemu is handed.
//
// qemu reads a copy of the descriptor of a VMDK in several files, with other names in it, and would
// write the new content id (CID) to that copy. So it is written to the descriptor here, before the
// first write.
//
// While the disk is open for writing, reads go through the same qemu-nbd: the lock of the first one
// would keep a second one out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Folders besides that of an image where the files may lie that it names; null: none.
using ParentFolders = std::shared_ptr<const std::vector<std::string>>;

/// `base` with such files. If `base` has a real file of that name, that file is shown.
/// `parent_folders` may be filled until the first disk is opened.
std::unique_ptr<ReadStorage> with_disks(std::unique_ptr<ReadStorage> base,
                                        ParentFolders parent_folders = nullptr);
std::unique_ptr<Storage> with_disks(std::unique_ptr<Storage> base,
                                    ParentFolders parent_folders = nullptr);

}  // namespace goldhive
