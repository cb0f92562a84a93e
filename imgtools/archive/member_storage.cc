#include "imgtools/archive/member_storage.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qemu_files.h"

namespace goldhive {

namespace {

class ServedDisk final : public ByteSource {
 public:
  ServedDisk(std::unique_ptr<NbdServer> server, const std::string& name, SharedBudget budget)
      : ByteSource(name), server_(std::move(server)), budget_(std::move(budget)) {}
  std::uint64_t size() const override { return server_->size(); }
  SharedBudget budget() const override { return budget_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    budget_->read(out.size(), name());
    server_->read(offset, out);
  }

 private:
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
  const FilesForQemu files(*this, [this](const std::string& path) {
    return tree_->open_file(tree_->find(member(path)).value());
  });
  const QemuImage examined = examine_qemu_image(files, image, qemu_format(*files.open(image)));
  auto server = start_nbd_server(layers_of(examined, files), image, false);
  return std::make_unique<ServedDisk>(std::move(server), image, tree_->budget());
}

}  // namespace goldhive
