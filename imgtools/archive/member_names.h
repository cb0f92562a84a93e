// What the name of a member says: where it stands in the tree, and whether anybody will want to
// read it. Names alone decide which data one pass over an archive keeps; what they miss costs a
// second pass and nothing else.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace goldhive {

struct CleanName {
  std::string path;        ///< exact path in the tree; "" is the root
  bool absolute = false;   ///< began with '/'
  bool leads_out = false;  ///< has a part ".."; then `path` is ""
};
/// "/a//./b/" -> "a/b". `backslashes`: they part names, too (zip and 7z made by Windows programs).
CleanName clean_name(const std::string& stored, bool backslashes);

enum class Interest {
  none,
  keep,   ///< a hive, a log, a DLL by its name
  image,  ///< an image or archive by its name
  peek,   ///< its first bytes decide
};
/// `path` as clean_name() gives it.
Interest interest_in(const std::string& path, std::uint64_t size);

/// True of the names that disks have which are read by qemu, or their parts.
bool is_read_by_qemu(const std::string& path);

/// True if a file at `path` is a hive where Windows has it: .../System32/config/SOFTWARE.
bool is_windows_hive(const std::string& path);

/// True for the first bytes of a hive or a log: "regf".
bool starts_like_hive(std::span<const std::uint8_t> head);
/// True for the first bytes of an image of a disk or a WIM that has a sure mark.
bool starts_like_image(std::span<const std::uint8_t> head);

}  // namespace goldhive
