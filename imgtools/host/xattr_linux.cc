#include "imgtools/host/xattr.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

#include "imgtools/bytes/error.h"

namespace goldhive {

namespace {

constexpr const char* change_attribute = "user.goldhive.journal";
constexpr std::size_t longest_path = 4096;

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

ChangeMark read_change_mark(int file) {
  std::string journal(longest_path, '\0');
  const ssize_t length = ::fgetxattr(file, change_attribute, journal.data(), journal.size());
  if (length < 0 && errno == ENODATA) return {true, ""};
  if (length < 0 && errno != ERANGE) return {};
  journal.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  if (journal.empty()) journal = "?";  // a mark that says no more is one
  return {true, journal};
}

void write_change_mark(int file, const std::string& journal, const std::string& name) {
  const int failed = journal.empty() ? ::fremovexattr(file, change_attribute)
                                     : ::fsetxattr(file, change_attribute, journal.data(),
                                                   std::min(journal.size(), longest_path), 0);
  if (failed == 0 || (journal.empty() && errno == ENODATA)) return;
  throw Error(ErrorKind::io,
              fmt::format("cannot {} its attribute {}: {}", journal.empty() ? "remove" : "set",
                          change_attribute, std::generic_category().message(errno)),
              name);
}

}  // namespace goldhive
