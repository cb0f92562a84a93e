// Where the files may lie that an image names: its extents, its parents, the other parts of a split
// one. Images come from anywhere, and goldhive may run as root over them, so what they name is read
// only below the folder of the image, or below a folder that the user named (--parent-dir). Links
// are resolved before: a link in the folder that points out of it leads out of it.
#pragma once

#include <string>
#include <vector>

#include "imgtools/host/storage.h"

namespace goldhive {

class FilePlaces {
 public:
  /// `storage` must outlive this. `folders`: those of the user, besides that of `image`.
  FilePlaces(const ReadStorage& storage, const std::string& image,
             std::vector<std::string> folders = {});
  /// True of what lies below the folder of the image, where an image may also be written.
  bool is_beside(const std::string& path) const;
  bool allows(const std::string& path) const;
  /// Error(refused) unless allows(path), and before anything at `path` is opened. What is there
  /// must be a regular file: a device node beside the image came with it and leads to a disk of
  /// this host, and whoever opens a pipe waits. Only in a folder of the user may it be a block
  /// device. `what`: "its parent disk"; the error is one of `image`, which names it.
  void require(const std::string& path, const char* what, const std::string& image) const;
  /// require(path) and open it. Then the open file is asked where it lies, since somebody may have
  /// put a link in the place of the name, or of a folder on the way, in the meantime.
  std::unique_ptr<ByteSource> open(const std::string& path, const char* what,
                                   const std::string& image) const;
  /// Where an open file lies, as far as this host can tell; else the name it was opened by.
  std::string place_of(const ByteSource& file) const;
  const std::vector<std::string>& folders() const { return folders_; }

 private:
  void require_file(const std::string& path, const char* what, const std::string& image) const;
  bool is_below(const std::string& folder, const std::string& path) const;

  const ReadStorage* storage_;
  std::string own_;  ///< folder of the image
  std::vector<std::string> folders_;
};

/// The path with the links in every part of it resolved, without "." and, but at the start of a
/// relative path, without "..". Parts that are not there stay as they are. Error(io) after too many
/// links.
std::string without_links(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive
