// Stands in for ntfs.cc in a build without libntfs-3g.
#include "imgtools/error.h"
#include "imgtools/ntfs.h"

namespace goldhive {

std::shared_ptr<const NtfsVolume> mount_ntfs(std::shared_ptr<const ByteSource> volume) {
  throw Error(ErrorKind::unsupported, "this build cannot read NTFS: it was made without libntfs-3g",
              volume->name());
}

}  // namespace goldhive
