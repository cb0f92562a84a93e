#include <utility>

#include "imgtools/disk/foreign.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/error.h"

namespace goldhive {

namespace {

class ForeignDisk final : public VirtualDisk {
 public:
  ForeignDisk(ForeignImage image, std::unique_ptr<NbdServer> server)
      : VirtualDisk(image.files.front()), image_(std::move(image)), server_(std::move(server)) {
    for (const std::string& note : image_.notes) add_note(note);
    if (!image_.write_refusal.empty()) refuse_writing(image_.write_refusal);
  }

  std::string format() const override { return image_.format; }
  std::uint64_t size() const override { return server_->size(); }
  std::vector<std::string> host_files() const override { return image_.files; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    server_->read(offset, out);
  }
  HostChange plan_change(const BlockWrites&) const override {
    throw Error(ErrorKind::unsupported,
                "an image of this format cannot be patched; convert it first: qemu-img convert -O "
                "vhdx (or vpc, raw)",
                name());
  }

 private:
  ForeignImage image_;
  std::unique_ptr<NbdServer> server_;
};

}  // namespace

std::shared_ptr<const VirtualDisk> open_foreign_disk(const ReadStorage& storage,
                                                     const std::string& path,
                                                     const std::string& format) {
  ForeignImage image = examine_foreign(storage, path, format);
  auto server = start_nbd_server(path, format, false);
  return std::make_shared<ForeignDisk>(std::move(image), std::move(server));
}

}  // namespace goldhive
