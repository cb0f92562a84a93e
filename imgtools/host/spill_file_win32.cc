#include <fmt/format.h>

#include <algorithm>

#include "imgtools/bytes/error.h"
#include "imgtools/host/host_win32.h"
#include "imgtools/host/spill_file.h"

namespace goldhive {

namespace {

constexpr DWORD most_at_once = 1U << 30;

[[noreturn]] void fail(const char* action, const std::string& directory, const std::string& name) {
  const DWORD error = ::GetLastError();
  win32::fail(
      name, fmt::format("{} a temporary file in {} (TMP names another folder)", action, directory),
      error);
}

OVERLAPPED position(std::uint64_t offset) {
  OVERLAPPED at{};
  at.Offset = static_cast<DWORD>(offset);
  at.OffsetHigh = static_cast<DWORD>(offset >> 32U);
  return at;
}

}  // namespace

struct SpillFile::Impl {
  HANDLE handle = INVALID_HANDLE_VALUE;
  std::string directory;
};

SpillFile::SpillFile(const std::string& directory, std::string name)
    : ByteSource(std::move(name)), impl_(std::make_unique<Impl>()) {
  impl_->directory = directory.empty() ? "." : directory;
  // Windows makes the name (and the file, so that it is nobody else's), and removes it on closing.
  std::wstring path(MAX_PATH, L'\0');
  if (::GetTempFileNameW(win32::to_wide(impl_->directory).c_str(), L"gh", 0, path.data()) == 0) {
    fail("make", impl_->directory, this->name());
  }
  impl_->handle =
      ::CreateFileW(path.c_str(), GENERIC_READ | GENERIC_WRITE | DELETE, 0, nullptr, CREATE_ALWAYS,
                    FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr);
  if (impl_->handle == INVALID_HANDLE_VALUE) fail("make", impl_->directory, this->name());
  DWORD ignored = 0;  // where there are no sparse files, holes take room
  ::DeviceIoControl(impl_->handle, FSCTL_SET_SPARSE, nullptr, 0, nullptr, 0, &ignored, nullptr);
}

SpillFile::~SpillFile() {
  if (impl_->handle != INVALID_HANDLE_VALUE) ::CloseHandle(impl_->handle);
}

void SpillFile::write(std::uint64_t offset, std::span<const std::uint8_t> data) {
  while (!data.empty()) {
    OVERLAPPED at = position(offset);
    const auto wanted = static_cast<DWORD>(std::min<std::size_t>(data.size(), most_at_once));
    DWORD n = 0;
    if (::WriteFile(impl_->handle, data.data(), wanted, &n, &at) == 0 || n == 0) {
      fail("write", impl_->directory, name());
    }
    offset += n;
    size_ = std::max(size_, offset);
    data = data.subspan(n);
  }
}

void SpillFile::resize(std::uint64_t size) {
  LARGE_INTEGER end{};
  end.QuadPart = static_cast<LONGLONG>(size);
  if (::SetFilePointerEx(impl_->handle, end, nullptr, FILE_BEGIN) == 0 ||
      ::SetEndOfFile(impl_->handle) == 0) {
    fail("resize", impl_->directory, name());
  }
  size_ = size;
}

std::string SpillFile::open_path() const { return {}; }

void SpillFile::do_read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  while (!out.empty()) {
    OVERLAPPED at = position(offset);
    const auto wanted = static_cast<DWORD>(std::min<std::size_t>(out.size(), most_at_once));
    DWORD n = 0;
    if (::ReadFile(impl_->handle, out.data(), wanted, &n, &at) == 0 || n == 0) {
      fail("read", impl_->directory, name());
    }
    offset += n;
    out = out.subspan(n);
  }
}

}  // namespace goldhive
