// Extended attributes of files that are changed or replaced.
#include <sys/stat.h>
#include <sys/xattr.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "imgtools/host/storage.h"
#include "tests/skip.h"
#include "tests/support/temp_dir.h"

using namespace goldhive;
using goldhive::testing::TempDir;
namespace fs = std::filesystem;

namespace {

std::string attribute(const std::string& path, const char* name) {
  char value[256];
  const ssize_t length = ::getxattr(path.c_str(), name, value, sizeof value);
  return length < 0 ? "none" : std::string(value, static_cast<std::size_t>(length));
}

bool set(const std::string& path, const char* name, const std::string& value) {
  return ::setxattr(path.c_str(), name, value.data(), value.size(), 0) == 0;
}

unsigned mode_of(const std::string& path) {
  struct stat s {};
  REQUIRE(::stat(path.c_str(), &s) == 0);
  return s.st_mode & 07777;
}

constexpr const char* capability_name = "security.capability";
/// CAP_NET_BIND_SERVICE, permitted (linux/capability.h, struct vfs_cap_data, revision 2).
const std::string capability("\0\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
/// For user 1234: rw- (linux/posix_acl_xattr.h).
const std::string acl(
    "\2\0\0\0"
    "\1\0\6\0\xff\xff\xff\xff"
    "\2\0\6\0\xd2\4\0\0"
    "\4\0\4\0\xff\xff\xff\xff"
    "\20\0\6\0\xff\xff\xff\xff"
    "\40\0\4\0\xff\xff\xff\xff",
    44);

}  // namespace

TEST_CASE("a file that is written in place keeps its capabilities and the bits of its mode") {
  const TempDir dir;
  const std::string path = dir.write("file", "old");
  REQUIRE(::chmod(path.c_str(), 06755) == 0);
  if (!set(path, capability_name, capability)) {
    testing::skip("no attributes \"security.*\" for this user in the folder for temporary files");
    return;
  }
  const auto file = host_storage()->open_write(path);
  file->write(0, Bytes{'n'});
  file->sync();
  CHECK(attribute(path, capability_name) == capability);
  CHECK(mode_of(path) == 06755);
}

TEST_CASE("a new file has the attributes of the old one, whoever owns it, and no others") {
  const TempDir dir;
  const std::string old = dir.write("old", "old");
  const bool given = ::chown(old.c_str(), 1234, 1234) == 0;
  const bool all = set(old, capability_name, capability) && set(old, "trusted.goldhive", "t") &&
                   set(old, "user.goldhive.test", "u") && set(old, "system.posix_acl_access", acl);
  if (!given || !all) {
    testing::skip("no attributes of all kinds for this user in the folder for temporary files");
    return;
  }
  const auto storage = host_storage();
  const auto fill = [&](const char* name, const ByteSource& from) {
    const auto file = storage->create(dir / name);
    file->write(0, Bytes(3));
    file->copy_attributes(from);
    file->sync();
  };
  fill("new", *storage->open(old));
  for (const char* name :
       {capability_name, "trusted.goldhive", "user.goldhive.test", "system.posix_acl_access"}) {
    INFO(name);
    CHECK(attribute(dir / "new", name) == attribute(old, name));
  }
  CHECK(mode_of(dir / "new") == mode_of(old));

  // What a folder gives to the files that are made in it.
  const std::string plain = dir.write("plain", "old");
  REQUIRE(set(dir.path(), "system.posix_acl_default", acl));
  fill("inherits", *storage->open(plain));
  CHECK(attribute(dir / "inherits", "system.posix_acl_access") == "none");
  CHECK(mode_of(dir / "inherits") == mode_of(plain));
}
