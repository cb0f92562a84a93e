// The members of an archive as files of a host: "<archive>/<member>". Nothing else is there: what
// an image in the archive says of other files can only mean members.
//
// Images that qemu reads (disk/nbd.h) are there with the disks inside them, as on a host
// (disk/disk_storage.h), for reading. qemu wants files, and a member is none: so it is put into a
// temporary file of its own, which qemu opens by the name that Linux has for an open file. By the
// names that members have among themselves qemu would find none of them, or files of the host. So
// it is told which is whose parent, and of a VMDK in several parts it gets another descriptor.
#pragma once

#include "imgtools/archive/member_tree.h"
#include "imgtools/host/storage_steps.h"
#include "imgtools/tree_storage.h"

namespace goldhive {

class MemberStorage final : public ReadStorage {
 public:
  MemberStorage(std::shared_ptr<const MemberTree> tree, std::string archive,
                std::string scratch_directory)
      : tree_(std::move(tree)),
        members_(tree_),
        archive_(std::move(archive)),
        scratch_directory_(std::move(scratch_directory)) {}

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  /// Of a disk inside an image also Error: unsupported (a system without names for open files),
  /// refused (more disks than are real), and those of start_nbd_server().
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string&) const override { return std::nullopt; }
  std::optional<OwnFile> open_own(const std::string& path, const std::string&) const override {
    return open_own_by_name(*this, path);
  }

 private:
  bool inside(const std::string& path) const;
  std::string member(const std::string& path) const { return path.substr(archive_.size()); }
  std::unique_ptr<ByteSource> open_disk(const std::string& image) const;

  std::shared_ptr<const MemberTree> tree_;
  TreeStorage members_;
  std::string archive_;
  std::string scratch_directory_;
  mutable unsigned disks_ = 0;  // opened so far, each with a process
};

}  // namespace goldhive
