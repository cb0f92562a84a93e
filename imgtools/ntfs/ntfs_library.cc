#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/path.h"
#include "imgtools/ntfs/reparse_point.h"
// Must be the last include; the header says why.
#include "imgtools/ntfs/ntfs_library.h"

namespace goldhive::ntfs3g {

namespace {

// --- Messages. The library has one log handler for the process. For each thread, the handler keeps
// the first complaint since the last call. It says more than errno; complaints after the first are
// consequences of it. No exception may leave a function that the library calls, as this one is, so
// nothing is allocated here.

thread_local std::array<char, 256> complaint{};

int keep_complaint(const char*, const char*, int, u32 level, void*, const char* format,
                   va_list arguments) {
  constexpr u32 serious = NTFS_LOG_LEVEL_ERROR | NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL;
  if ((level & serious) == 0 || complaint.front() != '\0') return 0;
  const int length = std::vsnprintf(complaint.data(), complaint.size(), format, arguments);
  *std::find(complaint.begin(), complaint.end() - 1, '\n') = '\0';
  return length;
}

void install_log_handler() {
  static const bool done = (ntfs_log_set_handler(keep_complaint), true);
  static_cast<void>(done);
}

// --- The device

Device& device_of(ntfs_device* device) { return *static_cast<Device*>(device->d_private); }

s64 refuse(int error) {
  errno = error;
  return -1;
}

int device_open(ntfs_device* device, int) {
  NDevSetOpen(device);
  if (!device_of(device).overlay) NDevSetReadOnly(device);
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
  const std::span out(static_cast<std::uint8_t*>(buffer), static_cast<std::size_t>(length));
  try {
    if (d.cache) {
      d.cache->read(at, out);
    } else {
      d.source->read(at, out);
    }
  } catch (...) {
    d.failure = std::current_exception();
    return refuse(EIO);
  }
  return static_cast<s64>(length);
}

s64 device_pwrite(ntfs_device* device, const void* buffer, s64 count, s64 offset) {
  Device& d = device_of(device);
  if (!d.overlay) return refuse(EROFS);
  if (count < 0 || offset < 0) return refuse(EINVAL);
  const auto at = static_cast<std::uint64_t>(offset);
  const auto length = static_cast<std::uint64_t>(count);
  if (at > d.source->size() || length > d.source->size() - at) return refuse(ENOSPC);
  try {
    d.overlay->write(at,
                     {static_cast<const std::uint8_t*>(buffer), static_cast<std::size_t>(length)});
  } catch (...) {
    d.failure = std::current_exception();
    return refuse(EIO);
  }
  return count;
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

s64 device_write(ntfs_device*, const void*, s64) { return refuse(EOPNOTSUPP); }
int device_sync(ntfs_device*) { return 0; }
int device_stat(ntfs_device*, struct stat*) { return static_cast<int>(refuse(EOPNOTSUPP)); }
int device_ioctl(ntfs_device*, unsigned long, void*) {
  return static_cast<int>(refuse(EOPNOTSUPP));
}

ntfs_device_operations device_operations = {
    device_open,  device_close,  device_seek, device_read, device_write,
    device_pread, device_pwrite, device_sync, device_stat, device_ioctl,
};

}  // namespace

/// The library neither closes nor frees an inode that it cannot write back. Code that changes a
/// file calls ntfs_inode_sync() to learn whether all was written; if not, the whole change is given
/// up.
void CloseInode::operator()(ntfs_inode* inode) const {
  if (ntfs_inode_close(inode) == 0) return;
  NInoClearDirty(inode);
  NInoAttrListClearDirty(inode);
  NInoFileNameClearDirty(inode);
  ntfs_inode_close(inode);
}

namespace {

void refuse_reparse_point(Mount& mount, const Inode& inode, const std::string& path) {
  if ((stored_number(&inode->flags) & FILE_ATTR_REPARSE_POINT) == 0) return;
  s64 size = 0;
  const std::unique_ptr<void, void (*)(void*)> raw(
      ntfs_attr_readall(inode.get(), AT_REPARSE_POINT, AT_UNNAMED, 0, &size), std::free);
  if (!raw || size < 8) mount.fail(fmt::format("read the reparse point of {}", path), EIO);
  const ByteView view({static_cast<const std::uint8_t*>(raw.get()), static_cast<std::size_t>(size)},
                      0, path);
  throw ntfs::content_elsewhere(view.u32(0), path);
}

}  // namespace

Mount::Mount(std::shared_ptr<const ByteSource> source)
    : device_{std::move(source), nullptr, std::nullopt, nullptr, 0}, name_(device_.source->name()) {
  device_.cache.emplace(device_.source);
  mount(NTFS_MNT_RDONLY | NTFS_MNT_FORENSIC);
}

Mount::Mount(const std::shared_ptr<OverlaySource>& overlay)
    : device_{overlay, overlay, std::nullopt, nullptr, 0}, name_(overlay->name()) {
  mount(NTFS_MNT_NONE);
}

Mount::~Mount() {
  if (volume_ != nullptr) ntfs_umount(volume_, TRUE);
}

void Mount::unmount() {
  forget_complaints();
  if (ntfs_umount(std::exchange(volume_, nullptr), FALSE) != 0) fail("finish the volume", errno);
  if (device_.failure) fail("finish the volume", EIO);
}

void Mount::mount(ntfs_mount_flags flags) {
  install_log_handler();
  forget_complaints();
  ntfs_device* device = ntfs_device_alloc(name_.c_str(), 0, &device_operations, &device_);
  if (device == nullptr) fail("open the volume", errno);
  volume_ = ntfs_device_mount(device, flags);
  if (volume_ == nullptr) {
    const int error = errno;
    ntfs_device_free(device);
    fail("open the NTFS volume", error);
  }
  NVolSetCaseSensitive(volume_);
}

void Mount::forget_complaints() { complaint.front() = '\0'; }

void Mount::keep_failure() { device_.failure = std::current_exception(); }

void Mount::raise_failure() {
  if (device_.failure) std::rethrow_exception(std::exchange(device_.failure, nullptr));
}

void Mount::fail(const std::string& action, int error) {
  raise_failure();
  const ErrorKind kind = error == ENOENT                         ? ErrorKind::not_found
                         : error == ENOMEM || error == ENOSPC    ? ErrorKind::io
                         : error == EOPNOTSUPP || error == EPERM ? ErrorKind::unsupported
                                                                 : ErrorKind::corrupt;
  std::string message = fmt::format("cannot {}: ", action);
  message += complaint.front() == '\0' ? std::generic_category().message(error) : complaint.data();
  forget_complaints();
  throw Error(kind, std::move(message), name_);
}

std::u16string name_from(const void* name, std::size_t length) {
  return utf16_from_bytes({static_cast<const std::uint8_t*>(name), length * 2});
}

std::vector<ntfschar> name_to(const std::string& name) {
  std::vector<ntfschar> out;
  for (const char16_t c : to_utf16(name)) out.push_back(cpu_to_le16(static_cast<u16>(c)));
  return out;
}

namespace {

/// The last two bytes of each sector of a record are kept in its update sequence. If the header
/// gives a wrong place for that sequence, the library does not put those bytes back, and later it
/// fails to write the record back.
void require_update_sequence(const Mount& mount, const MFT_RECORD& record,
                             const std::string& what) {
  const u32 record_size = mount.volume()->mft_record_size;
  const u32 needed = record_size / NTFS_BLOCK_SIZE + 1;
  const u32 count = le16_to_cpu(record.usa_count);
  const u32 offset = le16_to_cpu(record.usa_ofs);
  if (count == needed && offset % 2 == 0 && offset + 2 * count <= record_size) return;
  throw Error(ErrorKind::corrupt,
              fmt::format("the MFT record of {} has a broken update sequence: {} numbers at {}, "
                          "expected {}",
                          what, count, offset, needed),
              mount.name());
}

}  // namespace

Inode open_record(Mount& mount, u64 record, const std::string& what) {
  Mount::forget_complaints();
  Inode inode(ntfs_inode_open(mount.volume(), record));
  // ENOENT means here: something points to a record that is not in use.
  if (!inode) mount.fail(fmt::format("open {}", what), errno == ENOENT ? EIO : errno);
  require_update_sequence(mount, *inode->mrec, what);
  return inode;
}

u64 look_up(Mount& mount, const Inode& directory, const std::string& name,
            const std::string& path) {
  const std::vector<ntfschar> wanted = name_to(name);
  if (wanted.empty() || wanted.size() > 255) return no_record;
  ntfs_volume* volume = mount.volume();
  for (const bool exact : {true, false}) {
    if (!exact) NVolClearCaseSensitive(volume);
    Mount::forget_complaints();
    const u64 reference =
        ntfs_inode_lookup_by_name(directory.get(), wanted.data(), static_cast<int>(wanted.size()));
    const int error = errno;
    NVolSetCaseSensitive(volume);
    if (reference != no_record) return MREF(reference);
    if (error != ENOENT) mount.fail(fmt::format("look up {}", path), error);
  }
  return no_record;
}

Inode open_path(Mount& mount, const std::string& path) {
  Inode inode = open_record(mount, FILE_root, "the root directory");
  for (const std::string& part : path_parts(path)) {
    if (!is_directory(inode)) return nullptr;
    const u64 record = look_up(mount, inode, part, path);
    if (record == no_record || record < FILE_first_user) return nullptr;
    inode = open_record(mount, record, path);
  }
  return inode;
}

Attribute open_data(Mount& mount, const Inode& inode, const std::string& path) {
  refuse_reparse_point(mount, inode, path);
  Mount::forget_complaints();
  Attribute data(ntfs_attr_open(inode.get(), AT_DATA, AT_UNNAMED, 0));
  if (!data) mount.fail(fmt::format("open {}", path), errno == ENOENT ? EIO : errno);
  if ((data->data_flags & ATTR_IS_ENCRYPTED) != 0) {
    throw Error(ErrorKind::unsupported, "is encrypted (EFS), so it cannot be read", path);
  }
  if (data->data_size < 0) {
    throw Error(ErrorKind::corrupt, "has a size below zero in its MFT record", path);
  }
  return data;
}

}  // namespace goldhive::ntfs3g
