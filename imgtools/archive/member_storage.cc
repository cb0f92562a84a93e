#include "imgtools/archive/member_storage.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/disk/vmdk_descriptor.h"

namespace goldhive {

namespace {

const char* format_of(QemuFile::Map map) {
  switch (map) {
    case QemuFile::Map::qcow2:
      return "qcow2";
    case QemuFile::Map::vdi:
      return "vdi";
    case QemuFile::Map::vmdk:
    case QemuFile::Map::descriptor:
      return "vmdk";
    case QemuFile::Map::none:
      break;
  }
  return "raw";
}

/// The files that one disk consists of, where qemu finds them.
class FilesForQemu {
 public:
  /// Adds `file`. Returns the name by which qemu can open it as long as this object lives.
  std::string add(std::shared_ptr<const SpillFile> file) {
    const std::string path = file->path();
    if (path.empty()) {
      throw Error(ErrorKind::unsupported,
                  "is read by qemu, which opens a file in an archive on Linux only: extract it",
                  file->name());
    }
    files_.push_back(std::move(file));
    return path;
  }

 private:
  std::vector<std::shared_ptr<const SpillFile>> files_;
};

class ServedDisk final : public ByteSource {
 public:
  ServedDisk(FilesForQemu files, std::unique_ptr<NbdServer> server, const std::string& name,
             SharedBudget budget)
      : ByteSource(name),
        files_(std::move(files)),
        server_(std::move(server)),
        budget_(std::move(budget)) {}
  std::uint64_t size() const override { return server_->size(); }
  SharedBudget budget() const override { return budget_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    budget_->read(out.size(), name());
    server_->read(offset, out);
  }

 private:
  FilesForQemu files_;
  std::unique_ptr<NbdServer> server_;
  SharedBudget budget_;
};

}  // namespace

bool MemberStorage::inside(const std::string& path) const {
  return path == archive_ || path.starts_with(archive_ + "/");
}

std::optional<FileInfo> MemberStorage::stat(const std::string& path) const {
  if (!inside(path)) return std::nullopt;
  return members_.stat(member(path));
}

std::vector<DirectoryEntry> MemberStorage::list(const std::string& directory) const {
  return inside(directory) ? members_.list(member(directory)) : std::vector<DirectoryEntry>();
}

std::unique_ptr<ByteSource> MemberStorage::open(const std::string& path) const {
  if (!inside(path)) throw Error(ErrorKind::not_found, "is not in the archive", path);
  if (is_disk_inside(path) && !stat(path)) return open_disk(without_disk_inside(path));
  const std::shared_ptr<const ByteSource> data = members_.open(member(path));
  return std::make_unique<SliceSource>(data, 0, data->size(), path);
}

std::unique_ptr<ByteSource> MemberStorage::open_disk(const std::string& image) const {
  constexpr unsigned most = 64;
  if (++disks_ > most) {
    throw Error(ErrorKind::refused,
                fmt::format("is not read: of one archive at most {} disks are read by qemu, each "
                            "by a process of its own; extract this one",
                            most),
                image);
  }
  FilesForQemu files;
  const auto file_of = [&](const QemuFile& file) {
    return files.add(tree_->open_file(tree_->find(member(file.path)).value()));
  };
  std::vector<NbdLayer> layers;
  const QemuImage examined = examine_qemu_image(*this, image, qemu_format(*open(image)));
  for (auto file = examined.files.begin(); file != examined.files.end(); ++file) {
    NbdLayer layer{format_of(file->map), ""};
    if (file->map == QemuFile::Map::descriptor) {
      const std::string& name = file->path;
      VmdkDescriptor descriptor = read_vmdk_descriptor(*open(name));
      for (VmdkExtent& part : descriptor.extents) part.file = file_of(*++file);
      const std::string text = vmdk_descriptor_text(descriptor, name);
      layer.path = files.add(
          in_own_file(MemorySource(Bytes(text.begin(), text.end()), name), scratch_directory_));
    } else {
      layer.path = file_of(*file);
    }
    layers.push_back(std::move(layer));
  }
  auto server = start_nbd_server(layers, image);
  return std::make_unique<ServedDisk>(std::move(files), std::move(server), image, tree_->budget());
}

}  // namespace goldhive
