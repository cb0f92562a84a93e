// Disk images read and written by qemu: a child process, qemu-nbd, serves the image over a socket
// that only we hold.
//
// The socket is handed over in the way of systemd ("socket activation", sd_listen_fds(3)). Our
// connection already waits in it, and it has no name in the file system. So nobody else is served,
// and no file is left behind (libnbd's own function for this leaves its socket if we are killed).
// qemu-nbd takes one connection and ends with it. If we end before that connection began, Linux
// tells qemu-nbd to end. So qemu-nbd cannot outlive us, however we end.
//
// qemu finds no file by a name of its own. It is told each file of the image, its format and its
// parent, and opens it by a path that stays with the file that we have open and have looked at
// (ByteSource::open_path()): a name can be given to another file between our look and qemu's, and
// an image can name any file of the host. What a file itself says of its parent is ignored. A file
// that is written to while qemu opens it could still name another one (the data file of a qcow2).
// So before a byte is served, the files that qemu has open are compared with those it was told.
//
// What is odd about it: an export may have a minimum block size (512), and a read of another size
// fails with EIO. Reads and writes are rounded to it here.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "imgtools/disk/virtual_disk.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// A running qemu-nbd.
class NbdServer {
 public:
  virtual ~NbdServer() = default;
  virtual std::uint64_t size() const = 0;
  virtual void read(std::uint64_t offset, std::span<std::uint8_t> out) = 0;
  /// Error(io) if the server was started for reading.
  virtual void write(std::uint64_t offset, std::span<const std::uint8_t> data) = 0;
  /// Returns when all writes are on stable storage.
  virtual void flush() = 0;
};

/// A file that holds a disk, or the differences of a disk from its parent.
struct NbdLayer {
  std::string format;  ///< a name that qemu knows
  std::string path;    ///< where qemu opens the file
  /// If not empty, a descriptor of a VMDK for qemu to read in the place of the file at `path`, and
  /// the paths that it names.
  std::string descriptor = {};
  std::vector<std::string> parts = {};
};

/// Starts qemu-nbd on the disk that `layers` hold: the disk itself, its parent, the parent's
/// parent, and so on, of which only the first is written. `name` is for messages. When this
/// returns, qemu has opened all files. Throws Error: unsupported (no qemu-nbd, a build without
/// libnbd, a layer without a path), refused (locked by another process, or another file than those
/// was opened), corrupt or io with qemu's own words.
std::unique_ptr<NbdServer> start_nbd_server(const std::vector<NbdLayer>& layers,
                                            const std::string& name, bool writable);

/// A container that qemu reads for us. First checks the files that the image names (qemu_image.h);
/// they must lie below its folder or in one of `parent_folders`.
std::shared_ptr<const VirtualDisk> open_qemu_disk(
    const ReadStorage& storage, const std::string& path, const std::string& format,
    const std::vector<std::string>& parent_folders = {});

}  // namespace goldhive
