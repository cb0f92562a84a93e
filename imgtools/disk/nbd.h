// Disk images read and written by qemu: a child process, qemu-nbd, serves the image over a socket
// that only we hold.
//
// The socket is handed over in the way of systemd ("socket activation", sd_listen_fds(3)). Our
// connection already waits in it, and it has no name in the file system. So nobody else is served,
// and no file is left behind (libnbd's own function for this leaves its socket if we are killed).
// qemu-nbd takes one connection and ends with it. If we end before that connection began, Linux
// tells qemu-nbd to end. So qemu-nbd cannot outlive us, however we end.
//
// qemu is always told the format, since a guest can steer qemu's own guess by what it writes to its
// disk. The file is named through a driver that knows no protocols ("nbd:...") in names.
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

/// Starts qemu-nbd on a file. `format` is a name that qemu knows. Throws Error: unsupported (no
/// qemu-nbd, or a build without libnbd), refused (locked by another process), corrupt or io with
/// qemu's own words.
std::unique_ptr<NbdServer> start_nbd_server(const std::string& path, const std::string& format,
                                            bool writable);

/// A file that holds a disk, or the differences of a disk from its parent.
struct NbdLayer {
  std::string format;  ///< a name that qemu knows
  std::string path;    ///< has no character that means something in JSON
};
/// The same for reading, on `layers`: the disk, its parent, the parent's parent, and so on. What
/// these files themselves say of their parents is ignored. `name` is for messages.
std::unique_ptr<NbdServer> start_nbd_server(const std::vector<NbdLayer>& layers,
                                            const std::string& name);

/// A container that qemu reads for us. First checks the files that the image names (qemu_image.h);
/// they must lie below its folder or in one of `parent_folders`.
std::shared_ptr<const VirtualDisk> open_qemu_disk(
    const ReadStorage& storage, const std::string& path, const std::string& format,
    const std::vector<std::string>& parent_folders = {});

}  // namespace goldhive
