// Disk images read and written by qemu: a child process, qemu-nbd, serves the image over a socket
// that only we hold.
//
// The socket is handed over as systemd would ("socket activation", sd_listen_fds(3)), with our
// connection waiting in it, and has no name in the file system: nobody else is served, and nothing
// is left behind (libnbd's own function for this leaves its socket if we are killed). qemu-nbd
// takes one connection and ends when that does; where that ends before it began, Linux tells
// qemu-nbd to end. So it cannot outlive us, however we end. The format is always named, since
// qemu's own guess can be steered by what a guest wrote; so is the file, by a driver that knows no
// protocols ("nbd:...") in names.
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
  /// Error(io) if it was started for reading.
  virtual void write(std::uint64_t offset, std::span<const std::uint8_t> data) = 0;
  /// Returns when all that was written is on stable storage.
  virtual void flush() = 0;
};

/// Starts qemu-nbd on a file. `format` as qemu names it. Throws Error: unsupported (no qemu-nbd, or
/// a build without libnbd), refused (locked by another process), corrupt or io with qemu's own
/// words.
std::unique_ptr<NbdServer> start_nbd_server(const std::string& path, const std::string& format,
                                            bool writable);

/// A file that holds a disk, or what of it differs from its parent.
struct NbdLayer {
  std::string format;  ///< as qemu names it
  std::string path;    ///< without what means something to JSON
};
/// The same for reading, on `layers`: the disk, then its parent, and so on. What they say of their
/// parents themselves is not looked at. `name` is for messages.
std::unique_ptr<NbdServer> start_nbd_server(const std::vector<NbdLayer>& layers,
                                            const std::string& name);

/// A container that qemu reads for us. Looks at what the image names first (qemu_image.h), which
/// must lie below its folder or in one of `parent_folders`.
std::shared_ptr<const VirtualDisk> open_qemu_disk(
    const ReadStorage& storage, const std::string& path, const std::string& format,
    const std::vector<std::string>& parent_folders = {});

}  // namespace goldhive
