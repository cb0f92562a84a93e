// A link is a folder or file with a reparse point, a small block of data by which a driver knows
// what to do with it. The two kinds of links store two names each, as UTF-16 in one buffer: the
// substitute name that the kernel uses (\??\C:\x) and the print name for people, which programs may
// leave empty. Source: "REPARSE_DATA_BUFFER structure (ntifs.h)" in Microsoft's documentation; the
// header itself belongs to the driver kit, so the layout stands here.
#include "imgtools/host/links_win32.h"

#include <cstdint>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/text.h"
#include "imgtools/host/host_win32.h"

namespace goldhive::win32 {

namespace {

constexpr std::size_t largest_reparse_point = 16 * 1024;
constexpr std::uint64_t header_size = 8;           // tag, length, reserved
constexpr std::uint64_t mount_point_names = 16;    // after four 16-bit fields
constexpr std::uint64_t symbolic_link_names = 20;  // and 32 bits of flags

std::string name_at(const ByteView& data, std::uint64_t names, std::uint64_t field) {
  const std::uint64_t offset = data.u16(field);
  const std::uint64_t length = data.u16(field + 2);
  return goldhive::to_utf8(utf16_from_bytes(data.slice(names + offset, length).span()));
}

std::string without_kernel_prefix(const std::string& path) {
  return path.starts_with("\\??\\") ? path.substr(4) : path;
}

}  // namespace

std::optional<std::string> link_target(const std::string& path) {
  const std::wstring wide = wide_path(path);
  const DWORD attributes = ::GetFileAttributesW(wide.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES || (attributes & FILE_ATTRIBUTE_REPARSE_POINT) == 0) {
    return std::nullopt;
  }
  const HANDLE handle = ::CreateFileW(
      wide.c_str(), 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
      OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr);
  if (handle == INVALID_HANDLE_VALUE) fail(path, "read the link", ::GetLastError());
  Bytes data(largest_reparse_point);
  DWORD length = 0;
  const bool done = ::DeviceIoControl(handle, FSCTL_GET_REPARSE_POINT, nullptr, 0, data.data(),
                                      static_cast<DWORD>(data.size()), &length, nullptr) != 0;
  const DWORD error = ::GetLastError();
  ::CloseHandle(handle);
  if (!done) fail(path, "read the link", error);
  data.resize(length);
  const ByteView view(data, 0, path);
  const std::uint32_t tag = view.u32(0);
  if (tag != IO_REPARSE_TAG_SYMLINK && tag != IO_REPARSE_TAG_MOUNT_POINT) return std::nullopt;
  const std::uint64_t names =
      tag == IO_REPARSE_TAG_SYMLINK ? symbolic_link_names : mount_point_names;
  const std::string printed = name_at(view, names, header_size + 4);
  return printed.empty() ? without_kernel_prefix(name_at(view, names, header_size)) : printed;
}

}  // namespace goldhive::win32
