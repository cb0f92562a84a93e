#include <utility>

#include "imgtools/change/own_names.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qemu_image.h"

namespace goldhive {

namespace {

class QemuDisk final : public VirtualDisk {
 public:
  QemuDisk(QemuImage image, std::unique_ptr<ByteSource> disk)
      : VirtualDisk(image.files.front().path), image_(std::move(image)), disk_(std::move(disk)) {
    for (const std::string& note : image_.notes) add_note(note);
    if (!image_.write_refusal.empty()) refuse_writing(image_.write_refusal);
  }

  std::string format() const override { return image_.format; }
  std::uint64_t size() const override { return disk_->size(); }
  SharedBudget budget() const override { return disk_->budget(); }
  /// The disk is one of them: it is what has a journal.
  std::vector<std::string> host_files() const override {
    std::vector<std::string> files;
    for (const QemuFile& file : image_.files) files.push_back(file.path);
    files.push_back(disk_->name());
    return files;
  }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    disk_->read(offset, out);
  }
  /// A change of the disk, not of the image: only qemu knows where in the image the bytes go.
  HostChange plan_change(const std::vector<Write>& writes) const override {
    HostChange change;
    for (const Write& write : writes) change.edits.push_back({disk_->name(), 0, write});
    return change;
  }

 private:
  QemuImage image_;
  std::unique_ptr<ByteSource> disk_;
};

}  // namespace

std::shared_ptr<const VirtualDisk> open_qemu_disk(const ReadStorage& storage,
                                                  const std::string& path,
                                                  const std::string& format,
                                                  const std::vector<std::string>& parent_folders) {
  QemuImage image =
      examine_qemu_image(storage, path, format, FilePlaces(storage, path, parent_folders));
  auto disk = storage.open(disk_inside(path));  // from here on qemu's lock keeps out other writers
  check_maps(storage, image);
  return std::make_shared<QemuDisk>(std::move(image), std::move(disk));
}

}  // namespace goldhive
