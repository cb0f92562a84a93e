// Stands in for ntfs.cc in a build without libntfs-3g.
#include "imgtools/bytes/error.h"
#include "imgtools/ntfs/ntfs.h"
#include "imgtools/ntfs/ntfs_change.h"

namespace goldhive {

namespace {

[[noreturn]] void refuse(const ByteSource& volume) {
  throw Error(
      ErrorKind::unsupported,
      "this build cannot read NTFS (it was made without libntfs-3g): attach or mount the disk "
      "and give its drive letter or folder",
      volume.name());
}

}  // namespace

std::shared_ptr<const NtfsVolume> mount_ntfs(std::shared_ptr<const ByteSource> volume) {
  refuse(*volume);
}

std::vector<Write> change_ntfs_files(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>&) {
  refuse(*volume);
}

}  // namespace goldhive
