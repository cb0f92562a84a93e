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
constexpr const char* capability_attribute = "security.capability";
constexpr std::size_t longest_capability = 64;

bool is_of_the_user(const std::string& attribute) {
  return attribute.starts_with("user.") || attribute.starts_with("system.posix_acl");
}

/// The attributes that an open file has; none of a file system without them.
std::vector<std::string> attributes_of(int file) {
  const ssize_t length = ::flistxattr(file, nullptr, 0);
  if (length <= 0) return {};
  std::vector<char> names(static_cast<std::size_t>(length));
  const ssize_t listed = ::flistxattr(file, names.data(), names.size());
  std::vector<std::string> attributes;
  for (ssize_t at = 0; at < listed;) {
    attributes.emplace_back(names.data() + at);
    at += static_cast<ssize_t>(attributes.back().size()) + 1;
  }
  return attributes;
}

[[noreturn]] void refuse_attribute(const std::string& attribute, const std::string& name) {
  throw Error(ErrorKind::refused,
              fmt::format("its attribute {} could not be kept: {}", attribute,
                          std::generic_category().message(errno)),
              name);
}

}  // namespace

void copy_extended_attributes(int source, int target, const std::string& name) {
  const std::vector<std::string> attributes = attributes_of(source);
  for (const std::string& attribute : attributes_of(target)) {
    const bool kept =
        std::find(attributes.begin(), attributes.end(), attribute) != attributes.end();
    if (kept || !is_of_the_user(attribute)) continue;
    if (::fremovexattr(target, attribute.c_str()) != 0) refuse_attribute(attribute, name);
  }
  std::vector<char> value;
  for (const std::string& attribute : attributes) {
    const ssize_t size = ::fgetxattr(source, attribute.c_str(), nullptr, 0);
    if (size < 0) continue;
    value.resize(static_cast<std::size_t>(size));
    const ssize_t got = ::fgetxattr(source, attribute.c_str(), value.data(), value.size());
    if (got >= 0 && ::fsetxattr(target, attribute.c_str(), value.data(),
                                static_cast<std::size_t>(got), 0) == 0) {
      continue;
    }
    if (is_of_the_user(attribute)) refuse_attribute(attribute, name);
  }
}

std::string read_capability(int file) {
  std::string value(longest_capability, '\0');
  const ssize_t length = ::fgetxattr(file, capability_attribute, value.data(), value.size());
  value.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return value;
}

void write_capability(int file, const std::string& capability) {
  ::fsetxattr(file, capability_attribute, capability.data(), capability.size(), 0);
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
