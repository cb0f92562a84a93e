#include "imgtools/ntfs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <system_error>
#include <utility>
#include <vector>

#include "imgtools/error.h"
#include "imgtools/text.h"

// Last, and nowhere else: these define le16, BOOL, min, max and more.
// Without the HAVE_ macros of its own configure script the library's headers declare things anew.
#define HAVE_STDARG_H 1
#define HAVE_STDINT_H 1
#define HAVE_SYS_STAT_H 1
#define HAVE_SYS_TYPES_H 1
#define HAVE_TIME_H 1
extern "C" {
#include <ntfs-3g/attrib.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/volume.h>
}
#undef min
#undef max

namespace goldhive {

namespace {

constexpr u64 no_record = ~u64{0};
constexpr std::size_t max_entries = 1U << 20;  // of one directory

// --- Messages. The library has one log handler for the process; it keeps the last complaint of
// each thread, which says more than errno.

thread_local std::string complaint;

int keep_complaint(const char*, const char*, int, u32 level, void*, const char* format,
                   va_list arguments) {
  constexpr u32 serious = NTFS_LOG_LEVEL_ERROR | NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL;
  if ((level & serious) == 0 || !complaint.empty()) return 0;
  std::array<char, 256> text{};
  const int length = std::vsnprintf(text.data(), text.size(), format, arguments);
  complaint = text.data();
  complaint.resize(std::min(complaint.find('\n'), complaint.size()));
  return length;
}

void install_log_handler() {
  static const bool done = (ntfs_log_set_handler(keep_complaint), true);
  static_cast<void>(done);
}

// --- The device: a ByteSource. No exception may cross the library's C code, so it waits in
// `failure` until the library has returned.

struct Device {
  std::shared_ptr<const ByteSource> source;
  std::exception_ptr failure;
  s64 position = 0;  // of seek and read, which mounting uses once
};

Device& device_of(ntfs_device* device) { return *static_cast<Device*>(device->d_private); }

s64 refuse(int error) {
  errno = error;
  return -1;
}

int device_open(ntfs_device* device, int) {
  NDevSetOpen(device);
  NDevSetReadOnly(device);
  return 0;
}

int device_close(ntfs_device* device) {
  NDevClearOpen(device);
  return 0;
}

s64 device_pread(ntfs_device* device, void* buffer, s64 count, s64 offset) {
  Device& d = device_of(device);
  if (count < 0 || offset < 0) return refuse(EINVAL);
  const auto at = static_cast<std::uint64_t>(offset);
  if (at >= d.source->size()) return 0;
  const auto length = std::min(static_cast<std::uint64_t>(count), d.source->size() - at);
  try {
    d.source->read(at, {static_cast<std::uint8_t*>(buffer), static_cast<std::size_t>(length)});
  } catch (...) {
    d.failure = std::current_exception();
    return refuse(EIO);
  }
  return static_cast<s64>(length);
}

s64 device_seek(ntfs_device* device, s64 offset, int whence) {
  if (whence != SEEK_SET || offset < 0) return refuse(EINVAL);
  return device_of(device).position = offset;
}

s64 device_read(ntfs_device* device, void* buffer, s64 count) {
  const s64 got = device_pread(device, buffer, count, device_of(device).position);
  if (got > 0) device_of(device).position += got;
  return got;
}

s64 device_write(ntfs_device*, const void*, s64) { return refuse(EROFS); }
s64 device_pwrite(ntfs_device*, const void*, s64, s64) { return refuse(EROFS); }
int device_sync(ntfs_device*) { return 0; }
int device_stat(ntfs_device*, struct stat*) { return static_cast<int>(refuse(EOPNOTSUPP)); }
int device_ioctl(ntfs_device*, unsigned long, void*) {
  return static_cast<int>(refuse(EOPNOTSUPP));
}

ntfs_device_operations device_operations = {
    device_open,  device_close,  device_seek, device_read, device_write,
    device_pread, device_pwrite, device_sync, device_stat, device_ioctl,
};

/// A mounted volume; everything opened from it holds a reference.
class Mount {
 public:
  explicit Mount(std::shared_ptr<const ByteSource> source)
      : device_{std::move(source), nullptr, 0}, name_(device_.source->name()) {
    install_log_handler();
    complaint.clear();
    ntfs_device* device = ntfs_device_alloc(name_.c_str(), 0, &device_operations, &device_);
    if (device == nullptr) fail("open the volume", errno);
    volume_ = ntfs_device_mount(device, NTFS_MNT_RDONLY | NTFS_MNT_FORENSIC);
    if (volume_ == nullptr) {
      const int error = errno;
      ntfs_device_free(device);
      fail("open the NTFS volume", error);
    }
    NVolSetCaseSensitive(volume_);  // but for look-ups; else listings come in lower case
  }
  ~Mount() { ntfs_umount(volume_, TRUE); }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  ntfs_volume* volume() const { return volume_; }
  const std::string& name() const { return name_; }

  /// Throws what stopped the library: our own read error if there was one, else its complaint.
  [[noreturn]] void fail(const std::string& action, int error) {
    if (device_.failure) std::rethrow_exception(std::exchange(device_.failure, nullptr));
    const ErrorKind kind = error == ENOENT       ? ErrorKind::not_found
                           : error == ENOMEM     ? ErrorKind::io
                           : error == EOPNOTSUPP ? ErrorKind::unsupported
                                                 : ErrorKind::corrupt;
    std::string message = fmt::format("cannot {}: ", action);
    message +=
        complaint.empty() ? std::generic_category().message(error) : std::exchange(complaint, {});
    throw Error(kind, std::move(message), name_);
  }

 private:
  Device device_;
  std::string name_;
  ntfs_volume* volume_ = nullptr;
};

struct CloseInode {
  void operator()(ntfs_inode* inode) const { ntfs_inode_close(inode); }
};
using Inode = std::unique_ptr<ntfs_inode, CloseInode>;

struct CloseAttribute {
  void operator()(ntfs_attr* attribute) const { ntfs_attr_close(attribute); }
};
using Attribute = std::unique_ptr<ntfs_attr, CloseAttribute>;

bool is_directory(const ntfs_inode* inode) {
  return (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
}

std::u16string name_from(const void* name, std::size_t length) {
  return utf16_from_bytes({static_cast<const std::uint8_t*>(name), length * 2});
}

/// The name in a FILE_NAME attribute: a member of a packed struct, whose address as what it is may
/// not be taken.
std::string name_of(const FILE_NAME_ATTR* attribute) {
  const auto* start = reinterpret_cast<const std::uint8_t*>(attribute);
  return to_utf8(
      name_from(start + offsetof(FILE_NAME_ATTR, file_name), attribute->file_name_length));
}

std::vector<ntfschar> name_to(const std::string& name) {
  std::vector<ntfschar> out;
  for (const char16_t c : to_utf16(name)) out.push_back(cpu_to_le16(static_cast<u16>(c)));
  return out;
}

class NtfsFile final : public ByteSource {
 public:
  NtfsFile(std::shared_ptr<Mount> mount, Inode inode, Attribute data, std::string name)
      : ByteSource(std::move(name)),
        mount_(std::move(mount)),
        inode_(std::move(inode)),
        data_(std::move(data)) {}

  std::uint64_t size() const override { return static_cast<std::uint64_t>(data_->data_size); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    while (!out.empty()) {
      complaint.clear();
      errno = EIO;  // for a read that comes back short without one
      const s64 got = ntfs_attr_pread(data_.get(), static_cast<s64>(offset),
                                      static_cast<s64>(out.size()), out.data());
      if (got <= 0) mount_->fail(fmt::format("read {} at {:#x}", name(), offset), errno);
      offset += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

 private:
  // In this order, so that they are closed in the reverse one.
  std::shared_ptr<Mount> mount_;
  Inode inode_;
  Attribute data_;
};

// --- Directories

struct Listing {
  std::vector<std::pair<TreeEntry, MFT_REF>> entries;
  bool too_many = false;
};

int collect(void* context, const ntfschar* name, const int length, const int name_space, const s64,
            const MFT_REF reference, const unsigned type) {
  Listing& listing = *static_cast<Listing*>(context);
  const bool dots = length <= 2 && name[0] == const_cpu_to_le16('.') &&
                    (length == 1 || name[1] == const_cpu_to_le16('.'));
  if (dots || name_space == FILE_NAME_DOS || MREF(reference) < FILE_first_user) return 0;
  if (listing.entries.size() == max_entries) {
    listing.too_many = true;
    return -1;
  }
  TreeEntry entry;
  try {
    entry.name = to_utf8(name_from(name, static_cast<std::size_t>(length)));
    entry.directory = type == NTFS_DT_DIR;
    listing.entries.emplace_back(std::move(entry), reference);
  } catch (...) {
    return -1;
  }
  return 0;
}

class MountedVolume final : public NtfsVolume {
 public:
  explicit MountedVolume(std::shared_ptr<const ByteSource> source)
      : mount_(std::make_shared<Mount>(std::move(source))) {}

  std::string label() const override {
    return mount_->volume()->vol_name == nullptr ? std::string() : mount_->volume()->vol_name;
  }
  bool dirty() const override { return (mount_->volume()->flags & VOLUME_IS_DIRTY) != 0; }

  std::vector<TreeEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> find(const std::string& path) const override;
  std::unique_ptr<ByteSource> open_metadata(const std::string& name) const override {
    return open_inode(open_record(look_up(open_record(FILE_root, "/"), name, name), name), name);
  }

 private:
  Inode open_record(u64 record, const std::string& what) const;
  u64 look_up(const Inode& directory, const std::string& name, const std::string& path) const;
  Inode open_path(const std::string& path) const;
  std::string stored_name(const Inode& inode, const Inode& directory,
                          const std::string& asked) const;
  std::unique_ptr<ByteSource> open_inode(Inode inode, const std::string& path) const;
  void refuse_reparse_point(const Inode& inode, const std::string& path) const;
  std::uint64_t size_of(MFT_REF reference) const;

  [[noreturn]] static void not_found(const std::string& path, const char* what) {
    throw Error(ErrorKind::not_found, what, path);
  }

  std::shared_ptr<Mount> mount_;
};

Inode MountedVolume::open_record(u64 record, const std::string& what) const {
  complaint.clear();
  Inode inode(ntfs_inode_open(mount_->volume(), record));
  if (!inode) {
    // ENOENT here is a record that is not in use, yet something points to it.
    const int error = errno == ENOENT ? EIO : errno;
    mount_->fail(fmt::format("open {}", what), error);
  }
  return inode;
}

/// The record that `name` means in a directory: the exact one, else one that differs in case;
/// no_record if there is none.
u64 MountedVolume::look_up(const Inode& directory, const std::string& name,
                           const std::string& path) const {
  const std::vector<ntfschar> wanted = name_to(name);
  if (wanted.empty() || wanted.size() > 255) return no_record;
  ntfs_volume* volume = mount_->volume();
  for (const bool exact : {true, false}) {
    if (!exact) NVolClearCaseSensitive(volume);
    complaint.clear();
    const u64 reference =
        ntfs_inode_lookup_by_name(directory.get(), wanted.data(), static_cast<int>(wanted.size()));
    const int error = errno;
    NVolSetCaseSensitive(volume);
    if (reference != no_record) return MREF(reference);
    if (error != ENOENT) mount_->fail(fmt::format("look up {}", path), error);
  }
  return no_record;
}

Inode MountedVolume::open_path(const std::string& path) const {
  Inode inode = open_record(FILE_root, "the root directory");
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty()) continue;
    if (!is_directory(inode.get())) return nullptr;
    const u64 record = look_up(inode, part, path);
    if (record == no_record || record < FILE_first_user) return nullptr;
    inode = open_record(record, path);
  }
  return inode;
}

/// The name that `directory` stores for `inode` where `asked` was looked up: the one that differs
/// in case only; if that was an 8.3 name, the long one.
std::string MountedVolume::stored_name(const Inode& inode, const Inode& directory,
                                       const std::string& asked) const {
  std::string best = asked;
  ntfs_attr_search_ctx* context = ntfs_attr_get_search_ctx(inode.get(), nullptr);
  if (context == nullptr) mount_->fail("read the names of a file", errno);
  while (ntfs_attr_lookup(AT_FILE_NAME, AT_UNNAMED, 0, CASE_SENSITIVE, 0, nullptr, 0, context) ==
         0) {
    const auto* name = reinterpret_cast<const FILE_NAME_ATTR*>(
        reinterpret_cast<const u8*>(context->attr) + le16_to_cpu(context->attr->value_offset));
    if (MREF_LE(name->parent_directory) != directory->mft_no) continue;
    const std::string text = name_of(name);
    if (nt_equal(text, asked)) {
      best = text;
      if (name->file_name_type != FILE_NAME_DOS) break;
    } else if (name->file_name_type != FILE_NAME_DOS) {
      best = text;
    }
  }
  ntfs_attr_put_search_ctx(context);
  return best;
}

std::optional<std::string> MountedVolume::find(const std::string& path) const {
  std::string found;
  Inode inode = open_record(FILE_root, "the root directory");
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, end - start);
    start = end + 1;
    if (part.empty()) continue;
    if (!is_directory(inode.get())) return std::nullopt;
    const u64 record = look_up(inode, part, path);
    if (record == no_record || record < FILE_first_user) return std::nullopt;
    Inode child = open_record(record, path);
    found += (found.empty() ? "" : "/") + stored_name(child, inode, part);
    inode = std::move(child);
  }
  return found;
}

std::vector<TreeEntry> MountedVolume::list(const std::string& directory) const {
  const Inode inode = open_path(directory);
  if (!inode || !is_directory(inode.get())) not_found(directory, "no such directory");
  Listing listing;
  s64 position = 0;
  complaint.clear();
  if (ntfs_readdir(inode.get(), &position, &listing, collect) != 0) {
    if (listing.too_many) {
      throw Error(ErrorKind::corrupt,
                  fmt::format("a directory of more than {} entries", max_entries), directory);
    }
    mount_->fail(fmt::format("list {}", directory.empty() ? "the root directory" : directory),
                 errno);
  }
  std::vector<TreeEntry> entries;
  for (auto& [entry, reference] : listing.entries) {
    if (!entry.directory) entry.size = size_of(reference);
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(),
            [](const TreeEntry& a, const TreeEntry& b) { return a.name < b.name; });
  return entries;
}

/// Of the data in the file's own record: the copy in the directory may be stale. A record that
/// cannot be read must not hide its neighbours, nor pass for an empty file.
std::uint64_t MountedVolume::size_of(MFT_REF reference) const {
  const Inode inode(ntfs_inode_open(mount_->volume(), reference));
  if (!inode || inode->data_size < 0) return ~std::uint64_t{0};
  return static_cast<std::uint64_t>(inode->data_size);
}

void MountedVolume::refuse_reparse_point(const Inode& inode, const std::string& path) const {
  if ((inode->flags & FILE_ATTR_REPARSE_POINT) == 0) return;
  s64 size = 0;
  const std::unique_ptr<void, void (*)(void*)> raw(
      ntfs_attr_readall(inode.get(), AT_REPARSE_POINT, AT_UNNAMED, 0, &size), std::free);
  if (!raw || size < 8) mount_->fail(fmt::format("read the reparse point of {}", path), EIO);
  const ByteView view({static_cast<const std::uint8_t*>(raw.get()), static_cast<std::size_t>(size)},
                      0, path);
  const std::uint32_t tag = view.u32(0);
  constexpr std::uint32_t overlay_filter = 0x80000017;
  throw Error(ErrorKind::unsupported,
              tag == overlay_filter
                  ? std::string("is compressed by the Windows Overlay Filter (Compact OS, compact "
                                "/exe), which this program does not read")
                  : fmt::format("is a reparse point (tag {:#x}): its content is elsewhere", tag),
              path);
}

std::unique_ptr<ByteSource> MountedVolume::open_inode(Inode inode, const std::string& path) const {
  refuse_reparse_point(inode, path);
  complaint.clear();
  Attribute data(ntfs_attr_open(inode.get(), AT_DATA, AT_UNNAMED, 0));
  if (!data) mount_->fail(fmt::format("open {}", path), errno == ENOENT ? EIO : errno);
  if ((data->data_flags & ATTR_IS_ENCRYPTED) != 0) {
    throw Error(ErrorKind::unsupported, "is encrypted (EFS)", path);
  }
  if (data->data_size < 0) {
    throw Error(ErrorKind::corrupt, "has a size below zero in its MFT record", path);
  }
  return std::make_unique<NtfsFile>(mount_, std::move(inode), std::move(data),
                                    fmt::format("{}: {}", mount_->name(), path));
}

std::unique_ptr<ByteSource> MountedVolume::open(const std::string& path) const {
  Inode inode = open_path(path);
  if (!inode) not_found(path, "no such file");
  if (is_directory(inode.get())) not_found(path, "is a directory");
  return open_inode(std::move(inode), path);
}

}  // namespace

std::shared_ptr<const NtfsVolume> mount_ntfs(std::shared_ptr<const ByteSource> volume) {
  return std::make_shared<MountedVolume>(std::move(volume));
}

}  // namespace goldhive
