// The storage of a scan: it notices that a file changed while it was read.
//
// A scan takes no locks, and must not, since it may read what is in use. So it looks at each file
// before it opens it, and once more when all is read: device, inode, size and times. It lies below
// ReadThroughStorage, so that journals count as files that were read: one that went away meanwhile
// says that a patch was finished between two hives.
//
// Times are not enough: a file that is written through a mapping keeps them for a while, a device
// has none, and FUSE may make them up. So some of what passes by is read again at the end:
//
// - what looks like the base block of a hive, in a hive or in a disk with hives, one that qemu
//   reads included. Whoever writes a hive writes its base block, which holds two sequence numbers
//   and a time;
// - the first and the last bytes of a file. A packed hive is not seen in the bytes of its archive
// or
//   WIM. But all of these formats have a checksum of what they hold, or the place of a table of
//   such checksums, in one of the two.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/host/storage.h"

namespace goldhive {

class WatchingStorage final : public ReadStorage {
 public:
  /// `base` must outlive this.
  explicit WatchingStorage(const ReadStorage& base) : base_(base) {}

  /// A file that is not any more what it was when it was opened first; "" if all are.
  std::string changed() const;

  std::optional<FileInfo> stat(const std::string& path) const override { return base_.stat(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override {
    return base_.list(directory);
  }
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::string writer_of(const std::string& path) const override { return base_.writer_of(path); }
  std::optional<Error> write_refusal(const std::string& path) const override {
    return base_.write_refusal(path);
  }
  ChangeMark change_mark(const std::string& path) const override { return base_.change_mark(path); }
  std::string in_use_by(const std::string& path) const override { return base_.in_use_by(path); }
  std::uint64_t free_space(const std::string& path) const override {
    return base_.free_space(path);
  }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override;

 private:
  class Source;

  /// What was read of one file and is to be compared.
  struct Read {
    std::map<std::uint64_t, Bytes> pieces;  ///< by their offsets
    bool end = false;                       ///< the end of the file is among them
    /// Of the disk inside an image: keeps the qemu that reads it.
    std::shared_ptr<const ByteSource> disk;
  };

  void note(const std::string& path) const;
  void note_bytes(const ByteSource& file, std::uint64_t offset,
                  std::span<const std::uint8_t> bytes) const;
  enum class Piece { start, end, hive };
  void note_piece(const std::string& path, Piece kind, std::uint64_t offset,
                  std::span<const std::uint8_t> bytes) const;
  bool reads_the_same(const std::string& path, const Read& before) const;

  const ReadStorage& base_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::optional<FileInfo>> opened_;
  mutable std::map<std::string, Read> read_;  ///< by the name that the file was opened by
  mutable std::size_t hives_noted_ = 0;
};

}  // namespace goldhive
