// An NTFS volume opened for reading: from a path to a file, and from a file to its bytes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/ntfs/folder_index.h"
#include "imgtools/ntfs/mft.h"
#include "imgtools/ntfs/upcase.h"
#include "imgtools/ntfs/volume_bytes.h"

namespace goldhive::ntfs {

using File = std::shared_ptr<const FileRecord>;

/// What it gives out must not outlive it. Not thread-safe.
class VolumeReader {
 public:
  /// Throws Error(corrupt, io).
  explicit VolumeReader(const std::shared_ptr<const ByteSource>& source);
  VolumeReader(const VolumeReader&) = delete;
  VolumeReader& operator=(const VolumeReader&) = delete;

  const VolumeBytes& bytes() const { return bytes_; }

  File root() const { return file({root_folder, 0}); }
  File file(const FileReference& reference) const;
  std::shared_ptr<const FolderIndex> index(const FileRecord& folder) const;

  /// The entry that `name` means in a folder: the exact one, else one that differs in case.
  std::optional<IndexEntry> look_up(const FileRecord& folder, const std::string& name) const;
  /// As look_up(), without the volume's own files.
  std::optional<IndexEntry> look_up_user(const FileRecord& folder, const std::string& name) const;
  /// Null if nothing is there, or one of the volume's own files.
  File open_path(const std::string& path) const;

  /// The content of a file. Throws Error(unsupported): it has a reparse point other than those of
  /// wof.h, or is encrypted (EFS). `path` is for the message.
  std::unique_ptr<Content> open_content(const FileRecord& file, const std::string& path) const;
  /// The plain data of a file, for whoever writes there. Throws Error(unsupported) if they are not
  /// its content: it has any reparse point, or is encrypted.
  std::unique_ptr<Stream> open_data(const FileRecord& file, const std::string& path) const;

 private:
  VolumeBytes bytes_;
  Mft mft_;
  Upcase upcase_;

  struct Folder {
    File file;
    std::shared_ptr<const FolderIndex> index;  ///< null until something is looked up
  };
  /// Those that were opened last, by their record: nearly all paths lead through a few.
  mutable std::map<std::uint64_t, Folder> folders_;
};

}  // namespace goldhive::ntfs
