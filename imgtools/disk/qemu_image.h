// Containers that are not read here but by qemu (nbd.h): VMDK, qcow2, VDI. What must be known of
// them first: which format it is, which other files it names, and whether it can be written at all.
//
// An image of these formats can name other files: the parent of a qcow2 or VMDK, the extents of a
// VMDK. qemu opens what they name, and to qemu a name like "nbd:host:port" or "json:{...}" is a
// connection. Images come from anywhere, so every name is read here before qemu is started; one
// that is not plainly a file is refused, and so is a file outside of the folder of the image
// (file_places.h). So is what qemu would show otherwise than it is: a parent
// of a container whose map is not checked here (map_bounds.h) or that is not the one the child was
// made from, extents of a VMDK that qemu passes over as if the disk had none there.
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

/// What a file is if it is a container that nothing here reads, by its first bytes: "a QED image";
/// "" if it is none that we know.
std::string unread_container(std::span<const std::uint8_t> head);

/// True of an extent of a VMDK whose descriptor lies beside it: "disk.vmdk" has its data in
/// "disk-flat.vmdk", or in "disk-s001.vmdk", "disk-s002.vmdk", ... Throws Error.
bool is_vmdk_extent(const ReadStorage& storage, const std::string& path);

/// A file that holds part of a disk, and how.
struct QemuFile {
  enum class Map { none, qcow2, vdi, vmdk, descriptor };
  std::string path;
  Map map = Map::none;           ///< descriptor: of a VMDK; what it names as its extents follows
  std::uint64_t least_size = 0;  ///< without a map: what must be there of it
};

struct QemuImage {
  std::string format;
  std::vector<QemuFile> files;  ///< the image itself first, then all it depends on
  std::string write_refusal;    ///< "" if it can be written
  std::vector<std::string> notes;
};

/// Looks at the image and at what it names, down the chain of parents. Throws Error: not_found (a
/// file that it names), corrupt, unsupported (a name that is no file, a chain beyond any real one),
/// refused (a file that lies in none of the `places`). An image of which a part lies outside of its
/// own folder is not to be written, wherever it may be read.
QemuImage examine_qemu_image(const ReadStorage& storage, const std::string& path,
                             const std::string& format, const FilePlaces& places);
/// The same where all must lie below the folder of the image.
QemuImage examine_qemu_image(const ReadStorage& storage, const std::string& path,
                             const std::string& format);

/// Establishes that all that the image maps lies in its files: Error(corrupt) if one is cut off. To
/// be asked while nobody writes the image, and before anything is read of it.
void check_maps(const ReadStorage& storage, const QemuImage& image);

}  // namespace goldhive
