#include "imgtools/disk/relatives.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/qcow2.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/disk/vhd.h"
#include "imgtools/disk/vhd_format.h"
#include "imgtools/disk/vhdx.h"
#include "imgtools/disk/vhdx_format.h"
#include "imgtools/disk/vmdk_descriptor.h"
#include "imgtools/host/file_places.h"
#include "imgtools/host/path.h"

namespace goldhive {

namespace {

enum class DiskKind { none, vhd, vhdx, vmdk, qcow2 };

/// By the first bytes: a VHD that has a parent begins with a copy of its footer.
DiskKind kind_of_disk(const ByteSource& file) {
  const Bytes head =
      file.read(0, static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 8)));
  const ByteView view(head, 0, file.name());
  if (has_vhd_cookie(view)) return DiskKind::vhd;
  if (view.starts_with("vhdxfile")) return DiskKind::vhdx;
  const std::string format = qemu_format(file);
  if (format == "vmdk") return DiskKind::vmdk;
  return format == "qcow2" ? DiskKind::qcow2 : DiskKind::none;
}

/// As qemu reads a name in a disk, or one that Windows wrote.
std::string beside_disk(const std::string& disk, std::string name) {
  constexpr std::string_view protocol = "file:";
  if (name.starts_with(protocol)) name.erase(0, protocol.size());
  return is_absolute(name) ? name : join_path(parent_of(disk), name);
}

ParentPaths paths_of_parent(const ByteSource& file, DiskKind kind) {
  if (kind == DiskKind::vhdx) {
    return read_vhdx_metadata(file, read_vhdx_regions(file).metadata).parent_paths;
  }
  const Bytes footer = file.read(0, VhdFooter::length_on_disk);
  const VhdFooter copy = parse_vhd_footer(ByteView(footer, 0, file.name()));
  if (copy.type != VhdType::differencing) return {};
  const Bytes header = file.read(copy.header_offset, VhdDynamicHeader::length_on_disk);
  return vhd_parent_paths(
      file, parse_vhd_dynamic_header(ByteView(header, copy.header_offset, file.name())));
}

std::vector<std::string> files_meant(const std::string& disk, const ParentPaths& paths,
                                     const std::vector<std::string>& folders) {
  std::vector<std::string> files;
  const auto add = [&](const std::string& folder, const std::string& name) {
    if (!name.empty()) files.push_back(join_path(folder, name));
  };
  for (const std::vector<std::string>* names : {&paths.relative, &paths.absolute}) {
    for (std::string name : *names) {
      std::replace(name.begin(), name.end(), '\\', '/');
      if (names == &paths.relative) add(parent_of(disk), name);
      if (names == &paths.absolute && is_absolute(name)) files.push_back(name);
      const std::string last = name.substr(name.rfind('/') + 1);
      add(parent_of(disk), last);
      for (const std::string& folder : folders) add(folder, last);
    }
  }
  return files;
}

NamedFiles named_in(const ByteSource& file, DiskKind kind,
                    const std::vector<std::string>& folders) {
  const std::string& disk = file.name();
  NamedFiles named;
  if (kind == DiskKind::vhd || kind == DiskKind::vhdx) {
    named.parents = files_meant(disk, paths_of_parent(file, kind), folders);
  } else if (kind == DiskKind::vmdk) {
    const VmdkDescriptor descriptor = read_vmdk_descriptor(file);
    if (!descriptor.parent.empty()) named.parents = {beside_disk(disk, descriptor.parent)};
    for (const VmdkExtent& extent : descriptor.extents) {
      if (!extent.file.empty()) named.parts.push_back(beside_disk(disk, extent.file));
    }
  } else if (kind == DiskKind::qcow2) {
    const Qcow2Names names = qcow2_names(file);
    for (const std::string& name : names.parents) named.parents.push_back(beside_disk(disk, name));
    if (!names.data.empty()) named.parts.push_back(beside_disk(disk, names.data));
  }
  return named;
}

/// Whether a child that names `parent` would be read over it now. One that was cut off before has
/// nothing to lose.
bool is_read_over(const ReadStorage& storage, const std::string& child, DiskKind kind,
                  const std::string& parent) {
  try {
    if (kind == DiskKind::vhd) VhdDisk::open(storage, child);
    if (kind == DiskKind::vhdx) VhdxDisk::open(storage, child);
    if (kind != DiskKind::vmdk) return true;
    return read_vmdk_descriptor(*storage.open(child)).parent_id ==
           read_vmdk_descriptor(*storage.open(parent)).content_id;
  } catch (const Error&) {
    return false;
  }
}

/// A name that cannot be looked at means no file that anybody reads.
bool is_one_file(const ReadStorage& storage, const std::string& one, const std::string& other) {
  try {
    const std::string a = without_links(storage, one);
    const std::string b = without_links(storage, other);
    const std::optional<FileInfo> first = storage.stat(a);
    const std::optional<FileInfo> second = storage.stat(b);
    if (first && second) return is_same_file(*first, *second);
    return !first && !second && comparable(a) == comparable(b);
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

std::vector<std::string> NamedFiles::all() const {
  std::vector<std::string> names = parts;
  names.insert(names.end(), parents.begin(), parents.end());
  return names;
}

NamedFiles files_named_by(const ReadStorage& storage, const std::string& path,
                          const std::vector<std::string>& folders) {
  try {
    const std::optional<FileInfo> info = storage.stat(path);
    if (!info || info->type != FileType::file || info->size == 0) return {};
    const auto file = storage.open(path);
    return named_in(*file, kind_of_disk(*file), folders);
  } catch (const Error&) {
    return {};
  }
}

bool is_named(const ReadStorage& storage, const std::vector<std::string>& names,
              const std::string& path) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return is_one_file(storage, name, path); });
}

std::vector<ChildDisk> children_beside(const ReadStorage& storage, const std::string& path) {
  const std::string folder = parent_of(path);
  std::vector<ChildDisk> children;
  for (const DirectoryEntry& entry : storage.list(folder.empty() ? "." : folder)) {
    if (entry.type != FileType::file || is_own_file(entry.name)) continue;
    const std::string child = join_path(folder, entry.name);
    if (!is_named(storage, files_named_by(storage, child).parents, path)) continue;
    const DiskKind kind = kind_of_disk(*storage.open(child));
    if (is_read_over(storage, child, kind, path)) {
      children.push_back({child, kind != DiskKind::qcow2});
    }
  }
  return children;
}

std::vector<std::string> children_cut_off_by(const ReadStorage& storage, const HostChange& change) {
  std::set<std::string> files;
  for (const HostEdit& edit : change.edits) files.insert(without_disk_inside(edit.path));
  for (const auto& [path, size] : change.sizes) files.insert(without_disk_inside(path));
  std::vector<std::string> cut_off;
  for (const std::string& file : files) {
    for (const ChildDisk& child : children_beside(storage, file)) {
      if (child.notices) {
        cut_off.push_back(child.path);
        continue;
      }
      throw Error(ErrorKind::refused,
                  fmt::format("is the parent disk of {}, which would not notice a change of it and "
                              "read as a mixture of both: patch {} itself, or merge it first "
                              "(qemu-img commit)",
                              child.path, child.path),
                  file);
    }
  }
  return cut_off;
}

}  // namespace goldhive
