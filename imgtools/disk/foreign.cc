#include "imgtools/disk/foreign.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "imgtools/error.h"
#include "imgtools/path.h"

namespace goldhive {

namespace {

constexpr std::size_t max_files = 256;
constexpr std::uint32_t max_name = 4096;

/// A file name as qemu sees it: one with a colon before any slash starts a protocol.
std::string file_named(const std::string& image, const std::string& name) {
  const std::size_t colon = name.find(':');
  if (name.empty() || name.find('\0') != std::string::npos ||
      (colon != std::string::npos && colon < name.find('/'))) {
    throw Error(ErrorKind::unsupported,
                fmt::format("depends on '{}', which is not the name of a file here", name), image);
  }
  if (name.front() == '/') return name;
  return join_path(parent_of(image), name);
}

/// The parent of a qcow2; "" if it has none.
std::string qcow2_parent(const ByteSource& file) {
  const Bytes head = file.read(0, 104);
  const ByteView view(head, 0, file.name());
  const std::uint32_t version = be32(view, 4);
  if (version != 2 && version != 3) {
    throw Error(ErrorKind::unsupported, fmt::format("a qcow file of version {}", version),
                file.name());
  }
  constexpr std::uint64_t external_data_file = 4;
  if (version == 3 && (be64(view, 72) & external_data_file) != 0) {
    throw Error(ErrorKind::unsupported, "a qcow2 whose data lie in another file", file.name());
  }
  const std::uint64_t offset = be64(view, 8);
  const std::uint32_t length = be32(view, 16);
  if (offset == 0 || length == 0) return {};
  if (length > max_name) {
    throw Error::corrupt(file.name(), 16, "the name of the qcow2's parent is too long",
                         fmt::format("at most {} bytes", max_name), fmt::format("{}", length));
  }
  const Bytes name = file.read(offset, length);
  return std::string(name.begin(), name.end());
}

class Examiner {
 public:
  Examiner(const ReadStorage& storage, ForeignImage& image) : storage_(storage), image_(image) {}

  void look_at(const std::string& path, const std::string& format) {
    if (image_.files.size() >= max_files) {
      throw Error(ErrorKind::unsupported, fmt::format("depends on more than {} files", max_files),
                  image_.files.front());
    }
    if (std::find(image_.files.begin(), image_.files.end(), path) != image_.files.end()) {
      throw Error(ErrorKind::corrupt, "the chain of parent disks comes back to this file", path);
    }
    image_.files.push_back(path);
    const auto file = storage_.open(path);
    if (format == "qcow2") look_at_parent(path, qcow2_parent(*file));
    if (format == "vmdk") look_at_vmdk(path, *file);
  }

 private:
  void look_at_parent(const std::string& path, const std::string& name) {
    if (name.empty()) return;
    const std::string parent = file_named(path, name);
    if (!storage_.stat(parent)) {
      throw Error(ErrorKind::not_found, fmt::format("its parent disk {} is missing", parent), path);
    }
    const auto file = storage_.open(parent);
    if (is_vhd(*file)) {
      // qemu reads a differencing VHD as zeros where it should ask the parent.
      throw Error(ErrorKind::unsupported, fmt::format("its parent disk {} is a VHD", parent), path);
    }
    look_at(parent, foreign_format(*file));
  }

  void look_at_vmdk(const std::string& path, const ByteSource& file) {
    const VmdkDescriptor descriptor = read_vmdk_descriptor(file);
    if (descriptor.create_type == "streamOptimized" && image_.write_refusal.empty()) {
      image_.write_refusal =
          "a streamOptimized VMDK is compressed and cannot be changed in place; convert it first: "
          "qemu-img convert -O vmdk";
    }
    for (const std::string& extent : descriptor.extents) {
      image_.files.push_back(file_named(path, extent));
      if (image_.files.size() >= max_files) break;  // look_at says so
    }
    look_at_parent(path, descriptor.parent);
  }

  const ReadStorage& storage_;
  ForeignImage& image_;
};

}  // namespace

std::string foreign_format(const ByteSource& file) {
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

std::string unread_container(std::span<const std::uint8_t> head) {
  struct Row {
    std::string_view magic;
    const char* title;
  };
  static constexpr Row rows[] = {
      {{"QED\0", 4}, "a QED image"},
      {"WithoutFreeSpace", "a Parallels image"},
      {"WithouFreSpacExt", "a Parallels image"},
      {"Bochs Virtual HD Image", "a Bochs image"},
      {{"EVF\x09\x0d\x0a\xff\0", 8}, "an EnCase image (E01)"},
      {"EVF2\r\n\x81", "an EnCase image (Ex01)"},
  };
  const ByteView view(head, 0, "");
  for (const Row& row : rows) {
    if (view.starts_with(row.magic)) return row.title;
  }
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
  if (file->size() == 0 || foreign_format(*file) != "vmdk") return false;
  const std::vector<std::string> extents = read_vmdk_descriptor(*file).extents;
  return std::any_of(extents.begin(), extents.end(),
                     [&](const std::string& extent) { return file_named(beside, extent) == path; });
}

ForeignImage examine_foreign(const ReadStorage& storage, const std::string& path,
                             const std::string& format) {
  if (foreign_format(*storage.open(path)) != format) {
    throw Error(ErrorKind::corrupt, fmt::format("has no mark of a {} at its start", format), path);
  }
  ForeignImage image;
  image.format = format;
  Examiner(storage, image).look_at(path, format);
  return image;
}

}  // namespace goldhive
