// What a file has besides its data: owner and ACL, attribute bits, named streams.
#pragma once

#include <memory>
#include <string>

#include "imgtools/host/host_win32.h"

namespace goldhive::win32 {

/// For CreateFileW: the owner, administrators and the system have every right, others none.
class OwnerOnly {
 public:
  /// Error(io) if Windows does not make it.
  OwnerOnly();
  ~OwnerOnly();
  OwnerOnly(const OwnerOnly&) = delete;
  OwnerOnly& operator=(const OwnerOnly&) = delete;

  SECURITY_ATTRIBUTES* attributes() const { return attributes_.get(); }

 private:
  std::unique_ptr<SECURITY_ATTRIBUTES> attributes_;
};

/// Gives `to` the owner, group, ACL, attributes and named streams of `from`; not its times, and not
/// its audit rules, which take a privilege to read. Error(refused) if the owner cannot be kept,
/// Error(io) for the rest.
void copy_attributes(const std::string& from, const std::string& to);

/// Whether the open file belongs to this user, to administrators or the system, or to the owner of
/// `target`; true where files have no owners.
bool is_known_owner(HANDLE file, const std::string& target);

}  // namespace goldhive::win32
