// libntfs-3g for the files of this folder: its headers, a device over our own sources, a mounted
// volume, owning handles. Include it last, and from .cc files only: the library's headers define
// le16, BOOL, min, max and more.
#pragma once

#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/overlay_source.h"
#include "imgtools/bytes/page_cache.h"

// Without the HAVE_ macros of the library's configure script its headers declare things again.
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
#include <ntfs-3g/reparse.h>
#include <ntfs-3g/security.h>
#include <ntfs-3g/volume.h>
}
#undef min
#undef max

namespace goldhive::ntfs3g {

/// What the library's device operations work on. No exception may pass through the library's C
/// code, so an exception waits in `failure` until the library has returned.
struct Device {
  std::shared_ptr<const ByteSource> source;
  std::shared_ptr<OverlaySource> overlay;  ///< `source`, if it can be written; else null
  /// Set if nothing is written: the library keeps no record and reads it again for every look-up.
  std::optional<PageCache> cache;
  std::exception_ptr failure;
  s64 position = 0;  ///< for seek and read, which the library uses only while it mounts
};

/// A mounted volume. Names are matched with case unless the caller clears that flag.
class Mount {
 public:
  /// Read-only: the device has no way to write.
  explicit Mount(std::shared_ptr<const ByteSource> source);
  /// For writing, into the overlay.
  explicit Mount(const std::shared_ptr<OverlaySource>& overlay);
  ~Mount();
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  /// Writes what is pending. The destructor does that too, but cannot report a failure.
  void unmount();

  ntfs_volume* volume() const { return volume_; }
  const std::string& name() const { return name_; }
  const SharedBudget& budget() const { return budget_; }

  /// To be called before a call of the library whose failure goes to fail().
  static void forget_complaints();
  /// For a function that the library calls: notes the exception that it caught, for fail().
  void keep_failure();
  /// Throws a noted exception, if there is one.
  void raise_failure();
  /// Throws the error that stopped the library: a noted exception if there is one, else
  /// the library's first complaint, else the meaning of `error`.
  [[noreturn]] void fail(const std::string& action, int error);

 private:
  void mount(ntfs_mount_flags flags);

  Device device_;
  std::string name_;
  SharedBudget budget_ = device_.source->budget();
  ntfs_volume* volume_ = nullptr;
};

struct CloseInode {
  void operator()(ntfs_inode* inode) const;
};
using Inode = std::unique_ptr<ntfs_inode, CloseInode>;

struct CloseAttribute {
  void operator()(ntfs_attr* attribute) const { ntfs_attr_close(attribute); }
};
using Attribute = std::unique_ptr<ntfs_attr, CloseAttribute>;

inline constexpr u64 no_record = ~u64{0};

/// The number in a field that the library declares as an enumeration. A damaged volume may hold a
/// number that is no value of the enumeration, and C++ does not allow reading it as one.
template <class Enumeration>
std::underlying_type_t<Enumeration> stored_number(const Enumeration* field) {
  std::underlying_type_t<Enumeration> number{};
  std::memcpy(&number, field, sizeof number);
  return number;
}

inline bool is_directory(const Inode& inode) {
  return (inode->mrec->flags & MFT_RECORD_IS_DIRECTORY) != 0;
}

/// `what` is for the message of the error.
Inode open_record(Mount& mount, u64 record, const std::string& what);

/// The record that `name` means in a directory: the exact one, else one that differs in case;
/// no_record if there is none. `path` is for the message of an error.
u64 look_up(Mount& mount, const Inode& directory, const std::string& name, const std::string& path);

/// Null if nothing is there, or one of the files of the volume itself.
Inode open_path(Mount& mount, const std::string& path);

/// The unnamed data of a file. Throws Error(unsupported) if they are not the content of the file:
/// it has a reparse point, or is encrypted (EFS).
Attribute open_data(Mount& mount, const Inode& inode, const std::string& path);

std::u16string name_from(const void* name, std::size_t length);
std::vector<ntfschar> name_to(const std::string& name);

}  // namespace goldhive::ntfs3g
