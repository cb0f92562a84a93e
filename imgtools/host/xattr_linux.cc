#include "imgtools/host/xattr.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <cerrno>
#include <system_error>
#include <vector>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

bool is_of_the_user(const std::string& attribute) {
  return attribute.starts_with("user.") || attribute.starts_with("system.posix_acl");
}

}  // namespace

void copy_extended_attributes(int source, int target, const std::string& name) {
  const ssize_t length = ::flistxattr(source, nullptr, 0);
  if (length <= 0) return;  // none, or a file system without them
  std::vector<char> names(static_cast<std::size_t>(length));
  const ssize_t listed = ::flistxattr(source, names.data(), names.size());
  std::vector<char> value;
  for (ssize_t at = 0; at < listed;) {
    const std::string attribute = names.data() + at;
    at += static_cast<ssize_t>(attribute.size()) + 1;
    const ssize_t size = ::fgetxattr(source, attribute.c_str(), nullptr, 0);
    if (size < 0) continue;
    value.resize(static_cast<std::size_t>(size));
    const ssize_t got = ::fgetxattr(source, attribute.c_str(), value.data(), value.size());
    if (got >= 0 && ::fsetxattr(target, attribute.c_str(), value.data(),
                                static_cast<std::size_t>(got), 0) == 0) {
      continue;
    }
    if (is_of_the_user(attribute)) {
      throw Error(ErrorKind::refused,
                  fmt::format("its attribute {} could not be kept: {}", attribute,
                              std::generic_category().message(errno)),
                  name);
    }
  }
}

}  // namespace goldhive
