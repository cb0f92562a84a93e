#include "imgtools/host/attributes_win32.h"

#include <string_view>

#include "imgtools/bytes/error.h"

namespace goldhive::win32 {

namespace {

// Protected (P): nothing is inherited from the folder. OW owner's rights, BA administrators, SY the
// system; FA all access. See "Security Descriptor String Format" in Microsoft's documentation.
constexpr const wchar_t* owner_only = L"D:P(A;;FA;;;OW)(A;;FA;;;BA)(A;;FA;;;SY)";

constexpr DWORD kept_attributes = FILE_ATTRIBUTE_ARCHIVE | FILE_ATTRIBUTE_HIDDEN |
                                  FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_READONLY |
                                  FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

void copy_security(const std::string& from, const std::string& to) {
  constexpr DWORD owner_and_group = OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION;
  std::wstring source = wide_path(from);
  std::wstring target = wide_path(to);
  PSID owner = nullptr;
  PSID group = nullptr;
  PACL acl = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  DWORD error = ::GetNamedSecurityInfoW(source.data(), SE_FILE_OBJECT,
                                        owner_and_group | DACL_SECURITY_INFORMATION, &owner, &group,
                                        &acl, nullptr, &descriptor);
  if (error == ERROR_NOT_SUPPORTED) return;  // a file system without owners
  if (error != ERROR_SUCCESS) fail(from, "read the access rights", error);
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  DWORD revision = 0;
  ::GetSecurityDescriptorControl(descriptor, &control, &revision);
  const DWORD inherits = (control & SE_DACL_PROTECTED) != 0
                             ? DWORD{PROTECTED_DACL_SECURITY_INFORMATION}
                             : DWORD{UNPROTECTED_DACL_SECURITY_INFORMATION};
  const DWORD owner_error = ::SetNamedSecurityInfoW(target.data(), SE_FILE_OBJECT, owner_and_group,
                                                    owner, group, nullptr, nullptr);
  error =
      ::SetNamedSecurityInfoW(target.data(), SE_FILE_OBJECT, DACL_SECURITY_INFORMATION | inherits,
                              nullptr, nullptr, acl, nullptr);
  ::LocalFree(descriptor);
  if (owner_error != ERROR_SUCCESS) {
    throw Error(ErrorKind::refused,
                "belongs to another user or group, which the new file could not keep (" +
                    message_of(owner_error) + "): run as its owner or as administrator",
                from);
  }
  if (error != ERROR_SUCCESS) fail(to, "set the access rights", error);
}

bool is_this_user(PSID sid) {
  HANDLE token = nullptr;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &token) == 0) return false;
  alignas(TOKEN_USER) unsigned char buffer[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  DWORD length = 0;
  const bool known = ::GetTokenInformation(token, TokenUser, buffer, sizeof buffer, &length) != 0;
  ::CloseHandle(token);
  return known && ::EqualSid(sid, reinterpret_cast<TOKEN_USER*>(buffer)->User.Sid) != 0;
}

bool owns(PSID sid, const std::string& path) {
  std::wstring name = wide_path(path);
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (::GetNamedSecurityInfoW(name.data(), SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
                              nullptr, nullptr, nullptr, &descriptor) != ERROR_SUCCESS) {
    return false;
  }
  const bool same = ::EqualSid(sid, owner) != 0;
  ::LocalFree(descriptor);
  return same;
}

/// CopyFileW() copies a stream as it does a file.
void copy_streams(const std::string& from, const std::string& to) {
  WIN32_FIND_STREAM_DATA found{};
  const HANDLE search =
      ::FindFirstStreamW(wide_path(from).c_str(), FindStreamInfoStandard, &found, 0);
  if (search == INVALID_HANDLE_VALUE) return;  // a file system without streams
  DWORD error = ERROR_SUCCESS;
  do {
    const std::wstring_view name(found.cStreamName);
    if (name == L"::$DATA") continue;
    const std::wstring stream(name);
    if (::CopyFileW((wide_path(from) + stream).c_str(), (wide_path(to) + stream).c_str(), FALSE) ==
        0) {
      error = ::GetLastError();
    }
  } while (error == ERROR_SUCCESS && ::FindNextStreamW(search, &found) != 0);
  ::FindClose(search);
  if (error != ERROR_SUCCESS) fail(from, "copy a named stream", error);
}

}  // namespace

OwnerOnly::OwnerOnly() : attributes_(std::make_unique<SECURITY_ATTRIBUTES>()) {
  attributes_->nLength = sizeof(SECURITY_ATTRIBUTES);
  if (::ConvertStringSecurityDescriptorToSecurityDescriptorW(
          owner_only, SDDL_REVISION_1, &attributes_->lpSecurityDescriptor, nullptr) == 0) {
    throw Error(ErrorKind::io, "no access rights can be made: " + message_of(::GetLastError()));
  }
}

OwnerOnly::~OwnerOnly() { ::LocalFree(attributes_->lpSecurityDescriptor); }

bool is_known_owner(HANDLE file, const std::string& target) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD error = ::GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner,
                                        nullptr, nullptr, nullptr, &descriptor);
  if (error != ERROR_SUCCESS) return error == ERROR_NOT_SUPPORTED;  // nobody owns a file on FAT
  const bool known = ::IsWellKnownSid(owner, WinBuiltinAdministratorsSid) != 0 ||
                     ::IsWellKnownSid(owner, WinLocalSystemSid) != 0 || is_this_user(owner) ||
                     owns(owner, target);
  ::LocalFree(descriptor);
  return known;
}

void copy_attributes(const std::string& from, const std::string& to) {
  const DWORD attributes = ::GetFileAttributesW(wide_path(from).c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) fail(from, "read the attributes", ::GetLastError());
  copy_streams(from, to);
  copy_security(from, to);
  const DWORD kept = attributes & kept_attributes;
  if (::SetFileAttributesW(wide_path(to).c_str(), kept == 0 ? FILE_ATTRIBUTE_NORMAL : kept) == 0) {
    fail(to, "set the attributes", ::GetLastError());
  }
}

}  // namespace goldhive::win32
