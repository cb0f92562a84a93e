#include "imgtools/disk/disk_storage.h"

#include <map>
#include <mutex>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qemu_image.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

/// One running qemu-nbd, shared by all readers of the disk and its one writer. For writing it is
/// started again while the readers keep their handles, since qemu's locks allow no reader beside a
/// writer.
struct Running {
  std::unique_ptr<NbdServer> server;
  bool writable = false;
  bool being_written = false;  ///< a WritableFile is open

  NbdServer& get(const std::string& disk) const {
    if (!server) throw Error(ErrorKind::io, "qemu-nbd is not running any more", disk);
    return *server;
  }
};

class NbdSource final : public ByteSource {
 public:
  NbdSource(std::shared_ptr<Running> running, const std::string& path)
      : ByteSource(path), running_(std::move(running)), size_(running_->get(path).size()) {}
  std::uint64_t size() const override { return size_; }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    running_->get(name()).read(offset, out);
  }

 private:
  std::shared_ptr<Running> running_;
  std::uint64_t size_;
};

class NbdFile final : public WritableFile {
 public:
  NbdFile(std::shared_ptr<Running> running, std::string path)
      : running_(std::move(running)), path_(std::move(path)) {
    running_->being_written = true;
  }
  ~NbdFile() override { running_->being_written = false; }
  NbdFile(const NbdFile&) = delete;
  NbdFile& operator=(const NbdFile&) = delete;

  std::uint64_t size() const override { return server().size(); }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    server().read(offset, out);
  }
  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    server().write(offset, data);
  }
  void resize(std::uint64_t size) override {
    if (size != server().size())
      throw Error(ErrorKind::refused, "the size of a disk is never changed", path_);
  }
  void sync() override { server().flush(); }

 private:
  NbdServer& server() const { return running_->get(path_); }

  std::shared_ptr<Running> running_;
  std::string path_;
};

/// The running servers, by the path of their disk. Several threads may ask for servers, each for
/// disks of its own: only one thread uses a given Running.
class Servers {
 public:
  std::shared_ptr<Running> for_reading(const ReadStorage& base, const std::string& disk) const {
    if (auto running = find(disk)) return running;
    auto running = std::make_shared<Running>();
    running->server = start_nbd_server(without_disk_inside(disk), format_of(base, disk), false);
    remember(disk, running);
    return running;
  }

  std::shared_ptr<Running> for_writing(Storage& base, const std::string& disk) const {
    if (const std::optional<Error> error = write_refusal(base, disk)) throw Error(*error);
    const std::string format = format_of(base, disk);
    const std::string path = without_disk_inside(disk);
    std::shared_ptr<Running> running = find(disk);
    if (!running) running = std::make_shared<Running>();
    if (running->being_written) {
      throw Error(ErrorKind::refused, "is in use: this program is writing it", path);
    }
    if (!running->writable) {
      running->server.reset();  // this releases qemu's lock
      try {
        base.open_write(path);  // says why the file cannot be written, as of any other file
        running->server = start_nbd_server(path, format, true);
      } catch (const Error&) {
        try_to(
            [&] { running->server = start_nbd_server(path, format, false); });  // for the readers
        throw;
      }
      running->writable = true;
    }
    remember(disk, running);
    return running;
  }

  /// What the image's own state forbids.
  static std::optional<Error> write_refusal(const ReadStorage& base, const std::string& disk) {
    const std::string path = without_disk_inside(disk);
    const QemuImage image =
        examine_qemu_image(base, path, format_of(base, disk), FilePlaces::anywhere(base, path));
    if (image.write_refusal.empty()) return std::nullopt;
    return Error(ErrorKind::refused, image.write_refusal, path);
  }

 private:
  static std::string format_of(const ReadStorage& base, const std::string& disk) {
    const std::string format = qemu_format(*base.open(without_disk_inside(disk)));
    if (format.empty()) throw Error(ErrorKind::not_found, "no such file", disk);
    return format;
  }

  std::shared_ptr<Running> find(const std::string& disk) const {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(disk);
    return found == known_.end() ? nullptr : found->second.lock();
  }
  void remember(const std::string& disk, const std::shared_ptr<Running>& running) const {
    const std::lock_guard lock(mutex_);
    known_[disk] = running;
  }

  mutable std::mutex mutex_;
  mutable std::map<std::string, std::weak_ptr<Running>> known_;
};

/// What reading needs, for either interface.
template <class Interface>
class DisksAmongFiles : public Interface {
 public:
  explicit DisksAmongFiles(std::unique_ptr<Interface> base) : base_(std::move(base)) {}

  std::optional<FileInfo> stat(const std::string& path) const override {
    std::optional<FileInfo> info = base_->stat(path);
    if (info || !is_disk_inside(path)) return info;
    info = base_->stat(without_disk_inside(path));
    if (!info || info->type != FileType::file) return std::nullopt;
    if (qemu_format(*base_->open(without_disk_inside(path))).empty()) return std::nullopt;
    info->size = servers_.for_reading(*base_, path)->get(path).size();
    return info;
  }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_->list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    if (!is_virtual(path)) return base_->open(path);
    return std::make_unique<NbdSource>(servers_.for_reading(*base_, path), path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_->open_own(path, without_disk_inside(target));
  }
  std::string writer_of(const std::string& path) const override {
    return base_->writer_of(without_disk_inside(path));
  }
  std::optional<Error> write_refusal(const std::string& path) const override {
    if (!is_virtual(path)) return base_->write_refusal(path);
    if (const std::optional<Error> error = Servers::write_refusal(*base_, path)) return error;
    return base_->write_refusal(without_disk_inside(path));
  }
  std::string in_use_by(const std::string& path) const override {
    // The locks that qemu takes to read it for us are no reason.
    return is_virtual(path) ? base_->writer_of(without_disk_inside(path)) : base_->in_use_by(path);
  }
  std::uint64_t free_space(const std::string& path) const override {
    return base_->free_space(path);
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    if (!is_virtual(path)) return base_->read_link(path);
    const std::optional<std::string> target = base_->read_link(without_disk_inside(path));
    return target ? std::optional<std::string>(disk_inside(*target)) : std::nullopt;
  }

 protected:
  bool is_virtual(const std::string& path) const {
    return is_disk_inside(path) && !base_->stat(path) && base_->stat(without_disk_inside(path));
  }

  std::unique_ptr<Interface> base_;
  Servers servers_;
};

class ReadStorageWithDisks final : public DisksAmongFiles<ReadStorage> {
 public:
  using DisksAmongFiles::DisksAmongFiles;
};

class StorageWithDisks final : public DisksAmongFiles<Storage> {
 public:
  using DisksAmongFiles::DisksAmongFiles;

  std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach reach) override {
    return base_->hold_folder(path, reach);
  }
  std::unique_ptr<WritableFile> open_write(const std::string& path) override {
    if (!is_virtual(path)) return base_->open_write(path);
    return std::make_unique<NbdFile>(servers_.for_writing(*base_, path), path);
  }
  std::unique_ptr<WritableFile> create(const std::string& path) override {
    return base_->create(path);
  }
  void rename(const std::string& from, const std::string& to) override { base_->rename(from, to); }
  void rename_new(const std::string& from, const std::string& to) override {
    base_->rename_new(from, to);
  }
  void remove(const std::string& path) override { base_->remove(path); }
  bool link(const std::string& from, const std::string& to) override {
    return base_->link(from, to);
  }
  void send(const std::string& path, std::span<const std::uint8_t> data) override {
    base_->send(path, data);
  }
  void make_directories(const std::string& path) override { base_->make_directories(path); }
  void sync_directory(const std::string& directory) override { base_->sync_directory(directory); }
};

}  // namespace

std::unique_ptr<ReadStorage> with_disks(std::unique_ptr<ReadStorage> base) {
  return std::make_unique<ReadStorageWithDisks>(std::move(base));
}

std::unique_ptr<Storage> with_disks(std::unique_ptr<Storage> base) {
  return std::make_unique<StorageWithDisks>(std::move(base));
}

}  // namespace goldhive
