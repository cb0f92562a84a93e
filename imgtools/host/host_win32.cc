#include "imgtools/host/host_win32.h"

#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/bytes/text.h"

namespace goldhive::win32 {

namespace {

constexpr std::wstring_view device_prefix = L"\\\\.\\";
constexpr std::wstring_view long_prefix = L"\\\\?\\";

std::wstring with_backslashes(std::wstring text) {
  for (wchar_t& c : text) {
    if (c == L'/') c = L'\\';
  }
  return text;
}

/// Absolute, without "." and "..", and a name like NUL as the device it is.
std::wstring full_path(const std::wstring& path, const std::string& given) {
  std::wstring full(MAX_PATH, L'\0');
  for (;;) {
    const DWORD length =
        ::GetFullPathNameW(path.c_str(), static_cast<DWORD>(full.size()), full.data(), nullptr);
    if (length == 0) fail(given, "understand the path", ::GetLastError());
    const bool complete = length < full.size();
    full.resize(length);
    if (complete) return full;
  }
}

}  // namespace

std::string to_utf8(std::wstring_view text) {
  return goldhive::to_utf8(std::u16string(text.begin(), text.end()));
}

std::wstring to_wide(std::string_view text) {
  const std::u16string wide = to_utf16(text);
  return {wide.begin(), wide.end()};
}

std::wstring wide_path(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    throw Error(ErrorKind::usage, "a path cannot hold a NUL character", path.c_str());
  }
  std::wstring given = with_backslashes(to_wide(path.empty() ? "." : path));
  if (given.size() == 2 && given[1] == L':') given += L'\\';
  if (given.starts_with(long_prefix) || given.starts_with(device_prefix)) return given;
  const std::wstring full = full_path(given, path);
  if (full.starts_with(long_prefix) || full.starts_with(device_prefix)) return full;
  if (full.starts_with(L"\\\\")) return L"\\\\?\\UNC" + full.substr(1);
  return std::wstring(long_prefix) + full;
}

std::string message_of(DWORD error) {
  wchar_t* text = nullptr;
  const DWORD length = ::FormatMessageW(
      FORMAT_MESSAGE_ALLOCATE_BUFFER | FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS,
      nullptr, error, 0, reinterpret_cast<wchar_t*>(&text), 0, nullptr);
  std::string message = length == 0 ? "" : to_utf8(std::wstring_view(text, length));
  ::LocalFree(text);
  while (!message.empty() && (message.back() == '\n' || message.back() == '\r' ||
                              message.back() == ' ' || message.back() == '.')) {
    message.pop_back();
  }
  return message.empty() ? fmt::format("error {} of Windows", error) : message;
}

bool means_absent(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:  // no file can have this name
    case ERROR_BAD_PATHNAME:
    case ERROR_DIRECTORY:  // a part of the path is a file
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
    case ERROR_INVALID_DRIVE:
      return true;
    default:
      return false;
  }
}

void fail(const std::string& path, const std::string& action, DWORD error) {
  throw Error(means_absent(error) ? ErrorKind::not_found : ErrorKind::io,
              fmt::format("cannot {}: {}", action, message_of(error)), path);
}

}  // namespace goldhive::win32
