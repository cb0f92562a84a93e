#include "imgtools/disk/disk_storage.h"

#include <map>
#include <mutex>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/change/own_names.h"
#include "imgtools/disk/nbd.h"
#include "imgtools/disk/qemu_files.h"
#include "imgtools/disk/vmdk_descriptor.h"
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
  /// Of a VMDK in several files that is writable and was not written yet: its descriptor, locked.
  std::unique_ptr<WritableFile> descriptor;

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
    if (running_->descriptor) {
      change_content_id(*running_->descriptor);
      running_->descriptor.reset();
    }
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
  explicit Servers(ParentFolders parent_folders) : parent_folders_(std::move(parent_folders)) {}

  std::shared_ptr<Running> for_reading(const ReadStorage& base, const std::string& disk) const {
    if (auto running = find(disk)) return running;
    const std::string path = without_disk_inside(disk);
    const FilesForQemu files(base, [&](const std::string& file) { return base.open(file); });
    const QemuImage image = examined(files, disk);
    auto running = std::make_shared<Running>();
    running->server = start_nbd_server(layers_of(image, files), path, false);
    remember(disk, running);
    return running;
  }

  std::shared_ptr<Running> for_writing(Storage& base, const std::string& disk) const {
    const std::string path = without_disk_inside(disk);
    const FilesForQemu files(base, [&](const std::string& file) {
      return file == path ? open_itself(base, path) : base.open(file);
    });
    const QemuImage image = examined(files, disk);
    if (!image.write_refusal.empty()) throw Error(ErrorKind::refused, image.write_refusal, path);
    std::shared_ptr<Running> running = find(disk);
    if (!running) running = std::make_shared<Running>();
    if (running->being_written) {
      throw Error(ErrorKind::refused, "is in use: this program is writing it", path);
    }
    if (!running->writable) make_writable(base, image, files, *running);
    remember(disk, running);
    return running;
  }

  /// What the state of the image and of its parts forbids.
  std::optional<Error> write_refusal(const ReadStorage& base, const std::string& disk) const {
    const FilesForQemu files(base, [&](const std::string& file) { return base.open(file); });
    const QemuImage image = examined(files, disk);
    if (!image.write_refusal.empty()) {
      return Error(ErrorKind::refused, image.write_refusal, without_disk_inside(disk));
    }
    for (const std::string& file : written_files(image, files)) {
      if (const std::optional<Error> error = base.write_refusal(file)) return error;
    }
    return std::nullopt;
  }

 private:
  QemuImage examined(const FilesForQemu& files, const std::string& disk) const {
    const std::string path = without_disk_inside(disk);
    const std::string format = qemu_format(*files.open(path));
    if (format.empty()) throw Error(ErrorKind::not_found, "no such file", disk);
    return examine_qemu_image(
        files, path, format,
        FilePlaces(files, path, parent_folders_ ? *parent_folders_ : std::vector<std::string>()));
  }

  static void make_writable(Storage& base, const QemuImage& image, const FilesForQemu& files,
                            Running& running) {
    const std::string& path = image.files.front().path;
    const bool was_read = running.server != nullptr;
    running.server.reset();  // this releases qemu's lock
    try {
      running.descriptor = require_writable(base, image, files);
      running.server = start_nbd_server(layers_of(image, files), path, true);
      running.writable = true;
    } catch (const Error&) {
      running.descriptor.reset();
      if (was_read) {  // for the readers
        try_to([&] { running.server = start_nbd_server(layers_of(image, files), path, false); });
      }
      throw;
    }
  }

  /// An image that is to be written, without following a link.
  static std::shared_ptr<const ByteSource> open_itself(const ReadStorage& base,
                                                       const std::string& path) {
    std::optional<OwnFile> file = base.open_own(path, path);
    if (!file) throw Error(ErrorKind::not_found, "no such file", path);
    if (!file->content) throw Error(ErrorKind::refused, "is no regular file: not written", path);
    return std::move(file->content);
  }

  /// The image, and the parts of a VMDK in several files.
  static std::vector<std::string> written_files(const QemuImage& image, const FilesForQemu& files) {
    const QemuFile& first = image.files.front();
    std::vector<std::string> written = {first.path};
    if (first.map != QemuFile::Map::descriptor) return written;
    const std::size_t parts = read_vmdk_descriptor(*files.open(first.path)).extents.size();
    for (std::size_t i = 1; i <= parts; ++i) written.push_back(image.files[i].path);
    return written;
  }

  /// qemu writes to whatever its user may write. A file that is read-only, that is a link or that
  /// somebody else writes is refused here, as any other target is. Returns the descriptor of a VMDK
  /// in several files, if it is one; qemu has a copy of that.
  static std::unique_ptr<WritableFile> require_writable(Storage& base, const QemuImage& image,
                                                        const FilesForQemu& files) {
    for (const std::string& file : written_files(image, files)) base.open_write(file);
    const QemuFile& first = image.files.front();
    if (first.map != QemuFile::Map::descriptor) return nullptr;
    std::unique_ptr<WritableFile> descriptor = base.open_write(first.path);
    Bytes now(static_cast<std::size_t>(descriptor->size()));
    descriptor->read(0, now);
    if (now != content_of(*files.open(first.path))) {
      throw Error(ErrorKind::refused, "was changed by another program while it was opened",
                  first.path);
    }
    return descriptor;
  }

  static Bytes content_of(const ByteSource& file) {
    return file.read(0, static_cast<std::size_t>(file.size()));
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

  ParentFolders parent_folders_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::weak_ptr<Running>> known_;
};

/// What reading needs, for either interface.
template <class Interface>
class DisksAmongFiles : public Interface {
 public:
  DisksAmongFiles(std::unique_ptr<Interface> base, ParentFolders parent_folders)
      : base_(std::move(base)), servers_(std::move(parent_folders)) {}

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
    return servers_.write_refusal(*base_, path);
  }
  ChangeMark change_mark(const std::string& path) const override {
    return is_virtual(path) ? ChangeMark{} : base_->change_mark(path);
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

std::unique_ptr<ReadStorage> with_disks(std::unique_ptr<ReadStorage> base,
                                        ParentFolders parent_folders) {
  return std::make_unique<ReadStorageWithDisks>(std::move(base), std::move(parent_folders));
}

std::unique_ptr<Storage> with_disks(std::unique_ptr<Storage> base, ParentFolders parent_folders) {
  return std::make_unique<StorageWithDisks>(std::move(base), std::move(parent_folders));
}

}  // namespace goldhive
