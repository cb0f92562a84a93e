// Containers that qemu reads for us (nbd.h): VMDK, qcow2, VDI. Here is what must be known of them
// first: the format, the other files that an image names, and whether it can be written at all.
//
// An image of these formats can name other files: the parent of a qcow2 or VMDK, the extents of a
// VMDK. qemu opens what they name, and for qemu a name like "nbd:host:port" or "json:{...}" is a
// connection. Images come from anywhere, so every name is read here before qemu is started. Refused
// are:
// - a name that is not plainly a file, and a file outside of the folder of the image
//   (file_places.h);
// - images that qemu would show wrongly: a parent in a container whose map is not checked here
//   (map_bounds.h), a parent that is not the one the child was made from, and extents of a VMDK
//   that qemu leaves out as if the disk did not have them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imgtools/host/file_places.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// "vmdk", "qcow2", "vdi", or "" if `file` is none of them: by its first bytes.
std::string qemu_format(const ByteSource& file);

/// True of an extent of a VMDK whose descriptor lies beside it: "disk.vmdk" has its data in
/// "disk-flat.vmdk", or in "disk-s001.vmdk", "disk-s002.vmdk", ... Throws Error.
bool is_vmdk_extent(const ReadStorage& storage, const std::string& path);

/// A file that holds part of a disk, and how the part is mapped.
struct QemuFile {
  enum class Map { none, qcow2, vdi, vmdk, descriptor };
  std::string path;
  Map map = Map::none;           ///< descriptor: of a VMDK; the extents that it names follow
  std::uint64_t least_size = 0;  ///< if it has no map: the size that the file must have
};

struct QemuImage {
  std::string format;
  std::vector<QemuFile> files;  ///< the image itself first, then all files it depends on
  std::string write_refusal;    ///< "" if it can be written
  std::vector<std::string> notes;
};

/// Looks at the image and at the files that it names, down the chain of parents. Throws Error:
/// not_found (a file that it names), corrupt, unsupported (a name that is no file, a chain that is
/// too long), refused (a file that lies in none of the `places`). An image with a part
/// outside of its own folder may be read from the `places`, but never written.
QemuImage examine_qemu_image(const ReadStorage& storage, const std::string& path,
                             const std::string& format, const FilePlaces& places);
/// The same if all files must lie below the folder of the image.
QemuImage examine_qemu_image(const ReadStorage& storage, const std::string& path,
                             const std::string& format);

/// Error(corrupt) unless everything that the image maps lies in its files; a file that was cut off
/// fails this. To be called before anything is read of the image, and while nobody writes to it.
void check_maps(const ReadStorage& storage, const QemuImage& image);

}  // namespace goldhive
