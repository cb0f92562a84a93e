// The members of an archive as files of a host: "<archive>/<member>". There are no other files, so
// if an image in the archive names other files, they can only be members.
//
// For images that qemu reads (disk/nbd.h), the disks inside them are there as well, for reading, as
// on a host (disk/disk_storage.h). qemu needs a file, so the member is put into a temporary file of
// its own, which qemu opens by the name that Linux has for an open file. The names in the images do
// not help qemu: it would find no member by them, or a file of the host. So qemu is told which
// image is whose parent, and a VMDK in several parts gets another descriptor.
#pragma once

#include "imgtools/archive/member_tree.h"
#include "imgtools/host/storage_steps.h"
#include "imgtools/tree_storage.h"

namespace goldhive {

class MemberStorage final : public ReadStorage {
 public:
  MemberStorage(std::shared_ptr<const MemberTree> tree, std::string archive)
      : tree_(std::move(tree)), members_(tree_), archive_(std::move(archive)) {}

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  /// For a disk inside an image also Error: unsupported (a system without names for open files),
  /// refused (more disks than any real archive has), and the errors of start_nbd_server().
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
  mutable unsigned disks_ = 0;  // opened so far, each by its own process
};

}  // namespace goldhive
