// What the name of a member tells: where it stands in the tree, and whether its data will be
// wanted. One pass over an archive keeps data by the names alone. If wanted data was not kept, it
// costs a second pass and nothing else.
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
/// "/a//./b/" -> "a/b". `backslashes`: they separate names, too (zip and 7z made by Windows
/// programs).
CleanName clean_name(const std::string& stored, bool backslashes);

enum class Interest {
  none,
  keep,   ///< a hive, a log, a DLL by its name
  image,  ///< an image or archive by its name
  peek,   ///< its first bytes decide
};
/// `path` as clean_name() gives it.
Interest interest_in(const std::string& path, std::uint64_t size);

/// True of the name of a document, a picture, a program and the like: whose content cannot be
/// looked at is no image by this.
bool is_document_name(const std::string& path);

/// True if a disk that qemu reads, or a part of one, may have this name.
bool is_read_by_qemu(const std::string& path);

/// True if `head` begins as a hive or a log does: "regf".
bool starts_like_hive(std::span<const std::uint8_t> head);

}  // namespace goldhive
