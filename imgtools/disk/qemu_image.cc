#include "imgtools/disk/qemu_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "imgtools/bytes/error.h"
#include "imgtools/disk/qcow2.h"
#include "imgtools/disk/vdi.h"
#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "imgtools/disk/vmdk_sparse.h"
#include "imgtools/host/path.h"
#include "imgtools/unread_formats.h"

namespace goldhive {

namespace {

constexpr std::size_t max_files = 256;

/// A file name that qemu takes for a file: a colon before any slash would begin a protocol.
std::string file_named(const std::string& image, const std::string& name) {
  const std::size_t colon = name.find(':');
  if (name.empty() || name.find('\0') != std::string::npos ||
      (colon != std::string::npos && colon < name.find('/'))) {
    throw Error(ErrorKind::unsupported,
                fmt::format("depends on '{}', which is not the path of a file", name), image);
  }
  if (name.front() == '/') return name;
  return join_path(parent_of(image), name);
}

class Examiner {
 public:
  Examiner(const ReadStorage& storage, const FilePlaces& places, QemuImage& image)
      : storage_(storage), places_(places), image_(image) {}

  /// `format`: the answer of qemu_format(); "" for a raw disk.
  void look_at(const ByteSource& file, const std::string& format) {
    const std::string& path = file.name();
    if (format == "qcow2") {
      look_at_qcow2(path, file);
    } else if (format == "vmdk") {
      look_at_vmdk(path, file);
    } else if (format == "vdi") {
      check_vdi_header(file);
      add({path, QemuFile::Map::vdi});
    } else {
      add({path});
    }
  }

 private:
  void add(QemuFile file) {
    if (image_.files.size() >= max_files) {
      throw Error(ErrorKind::unsupported, fmt::format("depends on more than {} files", max_files),
                  image_.files.front().path);
    }
    if (std::any_of(image_.files.begin(), image_.files.end(),
                    [&](const QemuFile& other) { return other.path == file.path; })) {
      throw Error(ErrorKind::corrupt, "the chain of parent disks comes back to this file",
                  file.path);
    }
    image_.files.push_back(std::move(file));
  }

  std::unique_ptr<ByteSource> existing(const std::string& image, const std::string& name,
                                       const char* what) const {
    const std::string path = file_named(image, name);
    places_.require(path, what, image);
    if (storage_.stat(path)) return places_.open(path, what, image);
    throw Error(ErrorKind::not_found, fmt::format("{} {} is missing", what, path), image);
  }

  /// Unless the child names the format of its parent, qemu tells it by content. So do we.
  static std::string format_of_parent(const ByteSource& parent, const std::string& child) {
    constexpr std::uint64_t enough = 64;
    const Bytes head =
        parent.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(parent.size(), enough)));
    const UnreadFormat* unread = unread_format(parent);
    std::string other = unread != nullptr ? unread->title : "";
    // Of a differencing VHD, qemu reads zeros where the parent has data.
    if (is_vhd(parent)) other = "a VHD";
    if (ByteView(head, 0, parent.name()).starts_with("vhdxfile")) other = "a VHDX";
    if (!other.empty()) {
      throw Error(
          ErrorKind::unsupported,
          fmt::format("its parent disk {} is {}, which is not read as a parent: convert the "
                      "disk to one without a parent (qemu-img convert)",
                      parent.name(), other),
          child);
    }
    return qemu_format(parent);
  }

  void look_at_qcow2(const std::string& path, const ByteSource& file) {
    add({path, QemuFile::Map::qcow2});
    const Qcow2Header header = read_qcow2_header(file);
    if (header.marked_corrupt) {
      image_.notes.push_back(fmt::format(
          "{} is marked as corrupt by qemu: what is read may not be what was written", path));
    }
    if (header.parent.empty()) return;
    const auto parent = existing(path, header.parent, "its parent disk");
    const std::string format = format_of_parent(*parent, path);
    const std::string named = format.empty() ? "raw" : format;
    if (!header.parent_format.empty() && header.parent_format != named) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("its parent disk {} is {}, but the qcow2 says that it is {}",
                              parent->name(), named, header.parent_format),
                  path);
    }
    look_at(*parent, format);
  }

  void look_at_vmdk(const std::string& path, const ByteSource& file) {
    const VmdkDescriptor descriptor = read_vmdk_descriptor(file);
    if (descriptor.create_type == "streamOptimized" && image_.write_refusal.empty()) {
      image_.write_refusal =
          "a streamOptimized VMDK is compressed and cannot be changed in place; convert it first: "
          "qemu-img convert -O vmdk";
    }
    if (is_vmdk_text(file)) {
      add({path, QemuFile::Map::descriptor});
      for (const VmdkExtent& extent : descriptor.extents) look_at_extent(path, extent);
    } else {
      vmdk_sparse_sectors(file);
      add({path, QemuFile::Map::vmdk});
    }
    if (const std::string other = vmdk_parent_to_qemu(file); other != descriptor.parent) {
      throw Error(
          ErrorKind::corrupt,
          fmt::format("names its parent disk so that it can be read in two ways: as '{}', and as "
                      "'{}' by qemu",
                      descriptor.parent, other),
          path);
    }
    if (descriptor.parent.empty()) return;
    const auto parent = existing(path, descriptor.parent, "its parent disk");
    if (qemu_format(*parent) != "vmdk") {
      throw Error(ErrorKind::corrupt,
                  fmt::format("its parent disk {} is not a VMDK", parent->name()), path);
    }
    if (read_vmdk_descriptor(*parent).content_id != descriptor.parent_id) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("its parent disk {} is not the one it was made from, or was changed "
                              "since (the CID differs)",
                              parent->name()),
                  path);
    }
    look_at(*parent, "vmdk");
  }

  /// qemu leaves out an extent that is not "RW" but has a file. All extents after it would move
  /// forward.
  void look_at_extent(const std::string& path, const VmdkExtent& extent) {
    const bool sparse = extent.type == "SPARSE" || extent.type == "VMFSSPARSE";
    const bool flat = extent.type == "FLAT" || extent.type == "VMFS";
    if (extent.access != "RW" || extent.file.empty() || (!sparse && !flat)) {
      throw Error(ErrorKind::unsupported,
                  fmt::format("has an extent of a kind that is not read: {} {} {}{} (expected RW, "
                              "and a file of the type SPARSE, VMFSSPARSE, FLAT or VMFS)",
                              extent.access, extent.sectors, extent.type,
                              extent.file.empty() ? "" : " \"" + extent.file + "\""),
                  path);
    }
    const auto part = existing(path, extent.file, "its part");
    const std::string& file = part->name();
    if (!places_.is_beside(places_.place_of(*part)) && image_.write_refusal.empty()) {
      image_.write_refusal =
          "its part " + file +
          " lies outside of its folder, where nothing is written; copy the parts "
          "beside it";
    }
    const std::optional<FileInfo> info = storage_.stat(file);
    if (info && info->links > 1 && image_.write_refusal.empty()) {
      image_.write_refusal = fmt::format(
          "its part {} has {} more {} (hard links), and a patch would change them all; put a copy "
          "of it in its place",
          file, info->links - 1, info->links == 2 ? "name" : "names");
    }
    if (flat) {
      constexpr std::uint64_t most = UINT64_MAX / 1024;
      add({file, QemuFile::Map::none,
           (std::min(extent.offset, most) + std::min(extent.sectors, most)) * 512});
      return;
    }
    const std::uint64_t sectors = vmdk_sparse_sectors(*part);
    if (sectors != extent.sectors) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("its part {} has {} sectors, but the descriptor says {}", file,
                              sectors, extent.sectors),
                  path);
    }
    add({file, QemuFile::Map::vmdk});
  }

  const ReadStorage& storage_;
  const FilePlaces& places_;
  QemuImage& image_;
};

}  // namespace

std::string qemu_format(const ByteSource& file) {
  const Bytes head =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 512)));
  const ByteView view(head, 0, file.name());
  if (view.starts_with("KDMV") || view.starts_with("COWD") ||
      view.starts_with("# Disk DescriptorFile")) {
    return "vmdk";
  }
  if (view.starts_with("QFI\xfb")) return "qcow2";
  if (view.size() >= 68 && view.u32(64) == 0xbeda107f) return "vdi";
  return {};
}

bool is_vmdk_extent(const ReadStorage& storage, const std::string& path) {
  const std::size_t name = path.size() - base_name(path).size();
  const std::size_t dot = path.rfind('.');
  const std::size_t dash = path.rfind('-', dot);
  if (dot == std::string::npos || dash == std::string::npos || dash <= name) return false;
  const std::string beside = path.substr(0, dash) + path.substr(dot);
  const std::optional<FileInfo> info = storage.stat(beside);
  if (!info || info->type != FileType::file) return false;
  const auto file = storage.open(beside);
  if (file->size() == 0 || qemu_format(*file) != "vmdk") return false;
  const std::vector<VmdkExtent> extents = read_vmdk_descriptor(*file).extents;
  return std::any_of(extents.begin(), extents.end(), [&](const VmdkExtent& extent) {
    return !extent.file.empty() && file_named(beside, extent.file) == path;
  });
}

QemuImage examine_qemu_image(const ReadStorage& storage, const std::string& path,
                             const std::string& format) {
  return examine_qemu_image(storage, path, format, FilePlaces(storage, path));
}

QemuImage examine_qemu_image(const ReadStorage& storage, const std::string& path,
                             const std::string& format, const FilePlaces& places) {
  const auto file = storage.open(path);
  if (qemu_format(*file) != format) {
    throw Error(ErrorKind::corrupt,
                fmt::format("does not begin with the signature of a {}", format), path);
  }
  QemuImage image;
  image.format = format;
  Examiner(storage, places, image).look_at(*file, format);
  return image;
}

void check_maps(const ReadStorage& storage, const QemuImage& image) {
  for (const QemuFile& part : image.files) {
    const auto file = storage.open(part.path);
    switch (part.map) {
      case QemuFile::Map::descriptor:
        break;
      case QemuFile::Map::none:
        if (file->size() < part.least_size) {
          throw Error::corrupt(part.path, file->size(), "a part of the VMDK is cut off",
                               fmt::format("{} bytes", part.least_size),
                               fmt::format("{} bytes", file->size()));
        }
        break;
      case QemuFile::Map::qcow2:
        check_qcow2_map(*file);
        break;
      case QemuFile::Map::vdi:
        check_vdi_map(*file);
        break;
      case QemuFile::Map::vmdk:
        check_vmdk_map(*file);
        break;
    }
  }
}

}  // namespace goldhive
