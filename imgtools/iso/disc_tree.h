// What the file systems of optical discs (UDF, ISO9660, Joliet) have in common for a reader, and
// the FileTree over it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "imgtools/file_tree.h"
#include "imgtools/iso/extents.h"

namespace goldhive {

/// Discs are read in sectors of this size; both file systems are laid out in them.
inline constexpr std::size_t disc_sector = 2048;

/// A file or a directory.
struct DiscNode {
  bool directory = false;
  std::vector<DiscExtent> extents;  ///< all inside the image
  std::uint64_t size() const;
};

struct DiscEntry {
  std::string name;
  bool directory = false;
  /// Reads the description of the entry (in UDF, a block of its own); throws Error(corrupt).
  std::function<DiscNode()> node;
};

/// A file system of a disc. Whoever opened it has found it and read its root.
class DiscFileSystem {
 public:
  virtual ~DiscFileSystem() = default;
  virtual const char* kind() const = 0;  ///< "udf", "iso9660", "joliet"
  virtual std::string label() const = 0;
  virtual DiscNode root() const = 0;
  /// The entries of a directory, without itself and its parent, in stored order.
  virtual std::vector<DiscEntry> entries(const DiscNode& directory) const = 0;
  /// As FileTree::notes().
  virtual std::vector<std::string> notes() const { return {}; }
};

/// The content of a directory, in memory. Throws Error(corrupt) if it is larger than any that is
/// read.
Bytes read_directory(const ByteSource& image, const DiscNode& directory);

/// Files are read in place, at any offset. Directories are kept once they have been read.
std::shared_ptr<const FileTree> make_disc_tree(std::shared_ptr<const ByteSource> image,
                                               std::shared_ptr<const DiscFileSystem> files);

}  // namespace goldhive
