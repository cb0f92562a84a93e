// What the Windows files of this folder (*_win32.cc) share. Nothing else includes this.
#pragma once

#include <string>
#include <string_view>

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
// clang-format off: the others rest on the first.
#include <aclapi.h>
#include <sddl.h>
#include <shellapi.h>
#include <windows.h>
#include <winioctl.h>
// clang-format on

namespace goldhive::win32 {

std::string to_utf8(std::wstring_view text);
/// Invalid sequences become U+FFFD.
std::wstring to_wide(std::string_view text);

/// A UTF-8 path as the wide calls take it: absolute and with the prefix \\?\, by which it may be
/// longer than 260 characters. '/' separates as '\' does. "C:" is the root of the drive, as the
/// path of what is in it ("C:/x") has it, not its current folder. Throws Error(usage) for a NUL.
std::wstring wide_path(const std::string& path);

/// The system's words for an error of GetLastError(), without the line end.
std::string message_of(DWORD error);

/// True of errors that mean "nothing has this name".
bool means_absent(DWORD error);

/// Throws Error(not_found) or Error(io): "cannot open: Access is denied".
[[noreturn]] void fail(const std::string& path, const std::string& action, DWORD error);

}  // namespace goldhive::win32
