// Storage on Windows. Paths are UTF-8 above and wide below; see host_win32.h for how they are
// turned.
//
// Reading. Files are opened with every kind of sharing: goldhive keeps nobody from working. The
// system may note the time of the last access (off by default since Windows Vista); to keep it from
// doing so needs the right to write attributes, which a reader should not ask for.
//
// Writing. A target is opened where it lies and written in place, so it keeps its identity, ACL,
// attributes, streams and links. It is opened for sharing with readers only: that is the lock. It
// fails if anybody has the file open for writing, or for reading without sharing it with writers,
// as Windows has a hive that it has loaded and a hypervisor a disk. The lock goes with the handle,
// so a process that dies leaves none behind.
//
// Renaming. Windows does not let a file be replaced that is open, be it by ourselves, unless the
// file system knows POSIX renames (NTFS from Windows 10 1607 on). So rename() first closes what
// this process holds of the two files (OpenFile below): what was locked under the old name is
// locked again under the new one, and the replaced file is gone for whoever still reads it.
//
// Durability. FlushFileBuffers() returns when the data of a file, its size and NTFS's log up to
// there are on the disk, and asks the disk to empty its cache. Creations, renames and removals are
// entries in that log, in order: flushing any file after them makes them durable, and so does
// MOVEFILE_WRITE_THROUGH. sync_directory() flushes the folder itself where we may. ReFS has no log
// but writes new trees and switches to them at checkpoints; FlushFileBuffers() makes one there. FAT
// and exFAT have neither: what is renamed there is durable when the system gets to it. The
// journal's order of writes (journal.h) rests on nothing else.
//
// Sources: "CreateFileW", "FlushFileBuffers", "MoveFileExW", "FILE_RENAME_INFORMATION" and "Maximum
// Path Length Limitation" in Microsoft's documentation of Win32 and of the file systems.
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <utility>

#include "imgtools/bytes/error.h"
#include "imgtools/host/attributes_win32.h"
#include "imgtools/host/host_win32.h"
#include "imgtools/host/links_win32.h"
#include "imgtools/host/path.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive {

namespace {

using win32::fail;
using win32::wide_path;

constexpr DWORD share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
constexpr DWORD share_readers = FILE_SHARE_READ | FILE_SHARE_DELETE;
constexpr DWORD most_at_once = 1U << 30;

struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

Identity identity_of(const BY_HANDLE_FILE_INFORMATION& info) {
  return {info.dwVolumeSerialNumber,
          (static_cast<std::uint64_t>(info.nFileIndexHigh) << 32U) | info.nFileIndexLow};
}

std::uint64_t size_of(const BY_HANDLE_FILE_INFORMATION& info) {
  return (static_cast<std::uint64_t>(info.nFileSizeHigh) << 32U) | info.nFileSizeLow;
}

class Handle {
 public:
  explicit Handle(HANDLE handle) : handle_(handle) {}
  ~Handle() { close(); }
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, INVALID_HANDLE_VALUE)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  HANDLE get() const { return handle_; }
  bool valid() const { return handle_ != INVALID_HANDLE_VALUE; }
  void close() {
    if (valid()) ::CloseHandle(handle_);
    handle_ = INVALID_HANDLE_VALUE;
  }

 private:
  HANDLE handle_;
};

/// Invalid, and GetLastError() set, if it fails. Folders can be opened, too.
Handle open_raw(const std::string& path, DWORD access, DWORD share, DWORD how = OPEN_EXISTING) {
  return Handle(::CreateFileW(wide_path(path).c_str(), access, share, nullptr, how,
                              FILE_FLAG_BACKUP_SEMANTICS, nullptr));
}

BY_HANDLE_FILE_INFORMATION information(HANDLE handle, const std::string& path) {
  BY_HANDLE_FILE_INFORMATION info{};
  if (::GetFileInformationByHandle(handle, &info) == 0) fail(path, "stat", ::GetLastError());
  return info;
}

/// A file that this process has open, known to rename().
class OpenFile {
 public:
  OpenFile(Handle handle, std::string path)
      : handle_(std::move(handle)),
        path_(std::move(path)),
        info_(information(handle_.get(), path_)) {
    if ((info_.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
      throw Error(ErrorKind::io, "is a directory", path_);
    }
    const std::lock_guard guard(all_mutex());
    all().insert(this);
  }
  ~OpenFile() {
    const std::lock_guard guard(all_mutex());
    all().erase(this);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  const std::string& path() const { return path_; }
  Identity identity() const { return identity_of(info_); }
  std::uint64_t size_when_opened() const { return size_of(info_); }

  /// Calls `use` with the handle, which nobody closes meanwhile.
  template <class Use>
  auto with(const Use& use) const {
    const std::shared_lock guard(mutex_);
    if (!handle_.valid())
      throw Error(ErrorKind::io, "was replaced by a new file, or could not be opened again", path_);
    return use(handle_.get());
  }

  void read(std::uint64_t offset, std::span<std::uint8_t> out) const {
    with([&](HANDLE handle) { read_all(handle, offset, out); });
  }

  /// Closes what this process holds of the file `identity`; returns it.
  static std::vector<OpenFile*> close_all(const Identity& identity) {
    std::vector<OpenFile*> closed;
    for (OpenFile* file : all()) {
      if (!(file->identity() == identity)) continue;
      const std::lock_guard guard(file->mutex_);
      if (!file->handle_.valid()) continue;
      file->handle_.close();
      closed.push_back(file);
    }
    return closed;
  }
  /// Opens what close_all() closed, now at `path`, with the rights it had.
  void reopen(const std::string& path) {
    const std::lock_guard guard(mutex_);
    handle_ = open_raw(path, writable_ ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ,
                       writable_ ? share_readers : share_all);
    if (!handle_.valid()) fail(path, "open again", ::GetLastError());
    path_ = path;
  }
  void set_writable() { writable_ = true; }

  /// Held while files are closed, renamed and opened again.
  static std::mutex& all_mutex() {
    static std::mutex mutex;
    return mutex;
  }

 private:
  static std::set<OpenFile*>& all() {
    static std::set<OpenFile*> files;
    return files;
  }

  void read_all(HANDLE handle, std::uint64_t offset, std::span<std::uint8_t> out) const {
    while (!out.empty()) {
      OVERLAPPED at{};
      at.Offset = static_cast<DWORD>(offset);
      at.OffsetHigh = static_cast<DWORD>(offset >> 32U);
      const auto wanted = static_cast<DWORD>(std::min<std::size_t>(out.size(), most_at_once));
      DWORD n = 0;
      const bool done = ::ReadFile(handle, out.data(), wanted, &n, &at) != 0;
      const DWORD error = done ? ERROR_SUCCESS : ::GetLastError();
      if (!done && error != ERROR_HANDLE_EOF) {
        fail(path_, fmt::format("read at {:#x}", offset), error);
      }
      if (n == 0) {
        throw Error(ErrorKind::io, fmt::format("became shorter while being read, at {:#x}", offset),
                    path_);
      }
      offset += n;
      out = out.subspan(n);
    }
  }

  Handle handle_;
  std::string path_;
  BY_HANDLE_FILE_INFORMATION info_;
  bool writable_ = false;
  mutable std::shared_mutex mutex_;
};

class FileSource final : public ByteSource {
 public:
  FileSource(Handle handle, const std::string& path)
      : ByteSource(path), file_(std::move(handle), path) {}
  std::uint64_t size() const override { return file_.size_when_opened(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    file_.read(offset, out);
  }

 private:
  OpenFile file_;
};

class Win32File final : public WritableFile {
 public:
  Win32File(Handle handle, const std::string& path) : file_(std::move(handle), path) {
    file_.set_writable();
  }

  std::uint64_t size() const override {
    return file_.with([&](HANDLE handle) { return size_of(information(handle, file_.path())); });
  }
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    file_.read(offset, out);
  }
  void write(std::uint64_t offset, std::span<const std::uint8_t> data) override {
    file_.with([&](HANDLE handle) {
      while (!data.empty()) {
        OVERLAPPED at{};
        at.Offset = static_cast<DWORD>(offset);
        at.OffsetHigh = static_cast<DWORD>(offset >> 32U);
        const auto wanted = static_cast<DWORD>(std::min<std::size_t>(data.size(), most_at_once));
        DWORD n = 0;
        if (::WriteFile(handle, data.data(), wanted, &n, &at) == 0 || n == 0) {
          const DWORD error = ::GetLastError();
          fail(file_.path(), fmt::format("write at {:#x}", offset),
               error == ERROR_SUCCESS ? ERROR_DISK_FULL : error);
        }
        offset += n;
        data = data.subspan(n);
      }
    });
  }
  void resize(std::uint64_t size) override {
    file_.with([&](HANDLE handle) {
      LARGE_INTEGER end{};
      end.QuadPart = static_cast<LONGLONG>(size);
      if (::SetFilePointerEx(handle, end, nullptr, FILE_BEGIN) == 0 ||
          ::SetEndOfFile(handle) == 0) {
        fail(file_.path(), "change the size", ::GetLastError());
      }
    });
  }
  void copy_attributes(const ByteSource& from) override {
    win32::copy_attributes(from.name(), file_.path());
  }
  void sync() override {
    file_.with([&](HANDLE handle) {
      if (::FlushFileBuffers(handle) == 0) {
        fail(file_.path(), "flush to the disk", ::GetLastError());
      }
    });
  }

 private:
  OpenFile file_;
};

/// Reparse points that stand for something elsewhere are links; others (compressed, deduplicated,
/// in the cloud, a WIM that DISM mounted) are what they seem.
FileType type_of(DWORD attributes, DWORD reparse_tag) {
  if ((attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 &&
      (reparse_tag == IO_REPARSE_TAG_SYMLINK || reparse_tag == IO_REPARSE_TAG_MOUNT_POINT)) {
    return FileType::symlink;
  }
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? FileType::directory : FileType::file;
}

std::optional<FileInfo> stat_path(const std::string& path) {
  const Handle handle = open_raw(path, FILE_READ_ATTRIBUTES, share_all);
  if (!handle.valid()) {
    const DWORD error = ::GetLastError();
    if (win32::means_absent(error)) return std::nullopt;
    fail(path, "stat", error);
  }
  FileInfo found;
  if (::GetFileType(handle.get()) != FILE_TYPE_DISK) return found;  // NUL, CON, a pipe
  const BY_HANDLE_FILE_INFORMATION info = information(handle.get(), path);
  found.type = type_of(info.dwFileAttributes & ~DWORD{FILE_ATTRIBUTE_REPARSE_POINT}, 0);
  found.device = identity_of(info).device;
  found.inode = identity_of(info).inode;
  found.links = info.nNumberOfLinks;
  if (found.type != FileType::file) return found;
  found.size = size_of(info);
  FILE_BASIC_INFO times{};
  if (::GetFileInformationByHandleEx(handle.get(), FileBasicInfo, &times, sizeof times) == 0) {
    fail(path, "stat", ::GetLastError());
  }
  found.modified = static_cast<std::uint64_t>(times.LastWriteTime.QuadPart);
  found.changed = static_cast<std::uint64_t>(times.ChangeTime.QuadPart);
  return found;
}

std::vector<DirectoryEntry> list_directory(const std::string& directory) {
  std::wstring pattern = wide_path(directory);
  pattern += pattern.ends_with(L'\\') ? L"*" : L"\\*";
  WIN32_FIND_DATAW found{};
  const HANDLE search =
      ::FindFirstFileExW(pattern.c_str(), FindExInfoBasic, &found, FindExSearchNameMatch, nullptr,
                         FIND_FIRST_EX_LARGE_FETCH);
  if (search == INVALID_HANDLE_VALUE) {
    const DWORD error = ::GetLastError();
    if (error == ERROR_FILE_NOT_FOUND) return {};  // the root of an empty drive has no "."
    fail(directory, "list", error);
  }
  std::vector<DirectoryEntry> entries;
  do {
    const std::string name = win32::to_utf8(found.cFileName);
    if (name == "." || name == "..") continue;
    entries.push_back({name, type_of(found.dwFileAttributes, found.dwReserved0)});
  } while (::FindNextFileW(search, &found) != 0);
  const DWORD error = ::GetLastError();
  ::FindClose(search);
  if (error != ERROR_NO_MORE_FILES) fail(directory, "list", error);
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  return entries;
}

bool is_in_use(DWORD error) {
  return error == ERROR_SHARING_VIOLATION || error == ERROR_LOCK_VIOLATION;
}

std::unique_ptr<ByteSource> open_source(const std::string& path) {
  Handle handle = open_raw(path, GENERIC_READ, share_all);
  if (!handle.valid()) {
    const DWORD error = ::GetLastError();
    if (is_in_use(error)) {
      throw Error(ErrorKind::io,
                  "is in use: another program has it open, or Windows has loaded this hive", path);
    }
    fail(path, "open", error);
  }
  return std::make_unique<FileSource>(std::move(handle), path);
}

/// Whether others may write a file stands in its ACL, which is not judged here: create() gives ours
/// one that lets nobody else.
std::optional<OwnFile> open_own_file(const std::string& path, const std::string& target) {
  const Handle entry(::CreateFileW(
      wide_path(path).c_str(), FILE_READ_ATTRIBUTES, share_all, nullptr, OPEN_EXISTING,
      FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!entry.valid()) {
    const DWORD error = ::GetLastError();
    if (win32::means_absent(error)) return std::nullopt;
    fail(path, "stat", error);
  }
  const BY_HANDLE_FILE_INFORMATION seen = information(entry.get(), path);
  FILE_ATTRIBUTE_TAG_INFO tag{};
  ::GetFileInformationByHandleEx(entry.get(), FileAttributeTagInfo, &tag, sizeof tag);
  OwnFile file;
  file.info.type = type_of(seen.dwFileAttributes, tag.ReparseTag);
  if (file.info.type != FileType::file) return file;
  Handle handle = open_raw(path, GENERIC_READ, share_all);
  if (!handle.valid()) {
    const DWORD error = ::GetLastError();
    if (win32::means_absent(error)) return std::nullopt;
    fail(path, "open", error);
  }
  const BY_HANDLE_FILE_INFORMATION info = information(handle.get(), path);
  const Identity identity = identity_of(info);
  if (!(identity == identity_of(seen))) {  // a link has just taken its name
    file.info.type = FileType::symlink;
    return file;
  }
  file.info.size = size_of(info);
  file.info.device = identity.device;
  file.info.inode = identity.inode;
  file.info.links = info.nNumberOfLinks;
  file.known_owner = win32::is_known_owner(handle.get(), target.empty() ? "." : target);
  file.content = std::make_unique<FileSource>(std::move(handle), path);
  return file;
}

constexpr const char* read_only_attribute = "is read-only (by its attribute)";
constexpr const char* has_it_open = "another program has it open, or Windows has loaded this hive";

bool is_read_only(const std::string& path) {
  const DWORD attributes = ::GetFileAttributesW(wide_path(path).c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_READONLY) != 0;
}

/// Read-only view and full Storage share these.
template <class Interface>
class Win32Reads : public Interface {
 public:
  std::optional<FileInfo> stat(const std::string& path) const override { return stat_path(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return list_directory(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override {
    return open_source(path);
  }
  std::optional<std::string> read_link(const std::string& path) const override {
    return win32::link_target(path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return open_own_file(path, target);
  }
  std::optional<Error> write_refusal(const std::string& path) const override {
    const std::optional<FileInfo> info = stat_path(path);
    if (info && info->type == FileType::file && is_read_only(path)) {
      return Error(ErrorKind::refused, read_only_attribute, path);
    }
    return std::nullopt;
  }
  /// An open that shares with readers alone fails beside a writer, and beside one who shares with
  /// nobody.
  std::string in_use_by(const std::string& path) const override {
    const Handle handle = open_raw(path, GENERIC_READ, share_readers);
    return !handle.valid() && is_in_use(::GetLastError()) ? has_it_open : "";
  }
  std::uint64_t free_space(const std::string& path) const override {
    std::string existing = path;
    while (!existing.empty()) {
      const std::optional<FileInfo> info = stat_path(existing);
      if (info && info->type == FileType::directory) break;
      const std::string parent = parent_of(without_trailing_separators(existing));
      if (parent == existing) break;
      existing = parent;
    }
    ULARGE_INTEGER bytes{};
    if (::GetDiskFreeSpaceExW(wide_path(existing).c_str(), &bytes, nullptr, nullptr) == 0) {
      fail(path, "find the free space", ::GetLastError());
    }
    return bytes.QuadPart;
  }
};

class Win32ReadStorage final : public Win32Reads<ReadStorage> {};

/// A folder that is open without being shared for removal can be neither renamed nor removed, and
/// nor can one above it: so nothing takes its place, and names stay good.
class OpenFolder final : public HeldFolder {
 public:
  explicit OpenFolder(Handle handle) : handle_(std::move(handle)) {}

 private:
  Handle handle_;
};

class Win32Storage final : public Win32Reads<Storage> {
 public:
  std::unique_ptr<HeldFolder> hold_folder(const std::string& path, Reach) override {
    Handle handle = open_raw(path, FILE_LIST_DIRECTORY, FILE_SHARE_READ | FILE_SHARE_WRITE);
    if (handle.valid()) return std::make_unique<OpenFolder>(std::move(handle));
    const DWORD error = ::GetLastError();
    if (win32::means_absent(error)) fail(path, "open the folder", error);
    return nullptr;  // others have it open so that it cannot be held, or may not be listed
  }

  std::unique_ptr<WritableFile> open_write(const std::string& path) override {
    const std::optional<FileInfo> info = stat_path(path);
    if (info && info->type == FileType::directory) {
      throw Error(ErrorKind::io, "is a directory", path);
    }
    if (is_read_only(path)) throw Error(ErrorKind::refused, read_only_attribute, path);
    Handle handle = open_raw(path, GENERIC_READ | GENERIC_WRITE, share_readers);
    if (!handle.valid()) refuse_opening(path, ::GetLastError());
    return std::make_unique<Win32File>(std::move(handle), path);
  }

  std::unique_ptr<WritableFile> create(const std::string& path) override {
    // Only the owner may read it: journals hold bytes of hives, and hives hold secrets.
    const win32::OwnerOnly security;
    Handle handle(::CreateFileW(wide_path(path).c_str(), GENERIC_READ | GENERIC_WRITE,
                                share_readers, security.attributes(), CREATE_NEW,
                                FILE_ATTRIBUTE_NORMAL, nullptr));
    if (!handle.valid()) {
      const DWORD error = ::GetLastError();
      if (error == ERROR_FILE_EXISTS || error == ERROR_ALREADY_EXISTS) {
        throw Error(ErrorKind::refused, "exists already", path);
      }
      if (error == ERROR_WRITE_PROTECT) {
        throw Error(ErrorKind::refused, "lies on a read-only volume", path);
      }
      fail(path, "create", error);
    }
    return std::make_unique<Win32File>(std::move(handle), path);
  }

  void rename(const std::string& from, const std::string& to) override {
    move(from, to, MOVEFILE_REPLACE_EXISTING);
  }

  void rename_new(const std::string& from, const std::string& to) override { move(from, to, 0); }

  void remove(const std::string& path) override {
    if (::DeleteFileW(wide_path(path).c_str()) == 0) fail(path, "remove", ::GetLastError());
  }

  bool link(const std::string& from, const std::string& to) override {
    if (::CreateHardLinkW(wide_path(to).c_str(), wide_path(from).c_str(), nullptr) != 0) {
      return true;
    }
    const DWORD error = ::GetLastError();
    if (win32::means_absent(error) || error == ERROR_ALREADY_EXISTS) {
      fail(from, fmt::format("link to {}", to), error);
    }
    return false;  // another volume, a file system without hard links, no right to
  }

  void send(const std::string& path, std::span<const std::uint8_t> data) override {
    const Handle handle = open_raw(path, GENERIC_WRITE, share_all);
    if (!handle.valid()) fail(path, "open for writing", ::GetLastError());
    while (!data.empty()) {
      const auto wanted = static_cast<DWORD>(std::min<std::size_t>(data.size(), most_at_once));
      DWORD n = 0;
      if (::WriteFile(handle.get(), data.data(), wanted, &n, nullptr) == 0) {
        fail(path, "write", ::GetLastError());
      }
      if (n == 0) throw Error(ErrorKind::io, "cannot be written", path);
      data = data.subspan(n);
    }
  }

  void make_directories(const std::string& path) override {
    if (path.empty()) return;
    const std::optional<FileInfo> info = stat_path(path);
    if (info && info->type == FileType::directory) return;
    const std::string parent = parent_of(without_trailing_separators(path));
    if (parent != path) make_directories(parent);
    if (::CreateDirectoryW(wide_path(path).c_str(), nullptr) == 0 &&
        ::GetLastError() != ERROR_ALREADY_EXISTS) {
      fail(path, "create the directory", ::GetLastError());
    }
  }

  void sync_directory(const std::string& directory) override {
    const Handle handle = open_raw(directory, GENERIC_WRITE, share_all);
    if (handle.valid()) ::FlushFileBuffers(handle.get());  // see the essay for where we may not
  }

 private:
  void move(const std::string& from, const std::string& to, DWORD how) {
    const std::lock_guard guard(OpenFile::all_mutex());
    const std::vector<OpenFile*> moved = close_own(from);
    const bool replaces = how != 0;
    const std::vector<OpenFile*> replaced = replaces ? close_own(to) : std::vector<OpenFile*>{};
    const bool done = ::MoveFileExW(wide_path(from).c_str(), wide_path(to).c_str(),
                                    how | MOVEFILE_WRITE_THROUGH) != 0;
    const DWORD error = done ? ERROR_SUCCESS : ::GetLastError();
    if (done) {
      // The rename counts, so it must not look as if it had failed: a file that cannot be opened
      // again says so when it is used.
      for (OpenFile* file : moved) try_to([&] { file->reopen(to); });
      return;
    }
    for (OpenFile* file : moved) file->reopen(from);
    for (OpenFile* file : replaced) file->reopen(to);
    if (!replaces && error == ERROR_ALREADY_EXISTS) {
      throw Error(ErrorKind::refused, "exists already", to);
    }
    fail(from, fmt::format("rename to {}", to), error);
  }

  static std::vector<OpenFile*> close_own(const std::string& path) {
    const std::optional<FileInfo> info = stat_path(path);
    return info ? OpenFile::close_all({info->device, info->inode}) : std::vector<OpenFile*>{};
  }

  [[noreturn]] static void refuse_opening(const std::string& path, DWORD error) {
    if (is_in_use(error)) {
      throw Error(ErrorKind::refused, std::string("is in use: ") + has_it_open, path);
    }
    if (error == ERROR_WRITE_PROTECT) {
      throw Error(ErrorKind::refused, "lies on a read-only volume", path);
    }
    if (error == ERROR_ACCESS_DENIED) {
      throw Error(ErrorKind::refused, "cannot be opened for writing: access is denied", path);
    }
    fail(path, "open for writing", error);
  }
};

}  // namespace

std::unique_ptr<ReadStorage> host_read_storage() { return std::make_unique<Win32ReadStorage>(); }
std::unique_ptr<Storage> host_storage() { return std::make_unique<Win32Storage>(); }

}  // namespace goldhive
