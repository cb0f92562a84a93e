// A read-only view of one file system inside a target: a directory of the host, an NTFS volume, one
// image of a WIM, the members of an archive. Names are matched as Windows matches them: without
// regard to case, by the NT upcase table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

struct TreeEntry {
  std::string name;  ///< UTF-8, as stored
  bool directory = false;
  std::uint64_t size = 0;  ///< bytes; 0 for a directory
  /// A junction or mount point of NTFS: no directory here, as its content is another one's.
  bool leads_elsewhere = false;
};

class FileTree {
 public:
  virtual ~FileTree() = default;

  /// The entries of `directory`, sorted by name. Paths are exact (as stored), '/' between the
  /// parts, no leading '/'; "" is the root. Error(not_found) if there is no such directory.
  virtual std::vector<TreeEntry> list(const std::string& directory) const = 0;

  /// Opens a file by its exact path. Error(not_found) if nothing or a directory is there.
  virtual std::unique_ptr<ByteSource> open(const std::string& path) const = 0;

  /// The exact path of what `path` names without regard to case, or nullopt. An exact match wins
  /// over one that differs in case (a case-sensitive host can hold both).
  virtual std::optional<std::string> find(const std::string& path) const;

  /// The names in a directory (exact path), in no order. For trees in which list() also looks at
  /// each file.
  virtual std::vector<std::string> names(const std::string& directory) const;

  /// The exact paths of what `path` may mean instead, as it or a folder above it, up to the exact
  /// path `base`, has a neighbour whose name differs in case only. `path` is exact, too, whether
  /// anything is there or not. Only a case-sensitive folder has such neighbours; which of them
  /// Windows opens nobody can say. No more than a few are returned.
  std::vector<std::string> twins(const std::string& base, const std::string& path) const;

  /// The names in a directory (exact path) that `name` may mean, itself among them or not: more
  /// than one only of a case-sensitive folder. For trees that need not list the directory to know.
  virtual std::vector<std::string> spellings(const std::string& directory,
                                             const std::string& name) const;

  /// The files that start as a hive does, if the tree knows them without reading; exact paths,
  /// sorted. A tree that knows them is all in memory, so a search of it costs nothing, however
  /// deep.
  virtual std::optional<std::vector<std::string>> known_hives() const { return std::nullopt; }

  /// True of a folder of the host. Its folders can be named as targets, and whoever looks for
  /// targets below it finds them there; so it is not searched to any depth.
  virtual bool is_host_folder() const { return false; }

  /// How many other names the file of that exact path has in its volume (hard links): what is
  /// written to it, is written to all of them. 0 of a file of the host, whose names storage counts
  /// (change/links.h), and of what is no file. Throws Error.
  virtual std::uint64_t other_names(const std::string&) const { return 0; }

  /// What was left out so far and why, sorted: a symbolic link that leads out of the tree, a
  /// damaged directory. Grows as the tree is read.
  virtual std::vector<std::string> notes() const { return {}; }

  /// find() and open() in one; null if there is no such file (nothing, or a directory).
  std::unique_ptr<ByteSource> open_if_present(const std::string& path) const;

 private:
  const std::vector<std::string>& twins_in(const std::string& directory) const;

  /// By directory its names that differ from another one in case only: as a rule none.
  mutable std::map<std::string, std::vector<std::string>> twins_;
};

}  // namespace goldhive
