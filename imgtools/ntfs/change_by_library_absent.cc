// Stands in for change_by_library.cc in a build without libntfs-3g.
#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/ntfs/change_by_library.h"

namespace goldhive::ntfs {

std::vector<Write> change_by_library(const std::shared_ptr<const ByteSource>& volume,
                                     const std::vector<FileEdit>&, const std::string& obstacle) {
  throw Error(ErrorKind::unsupported,
              fmt::format("{}, and this build changes files of NTFS volumes in place only (it was "
                          "made without libntfs-3g): attach or mount the disk and give its drive "
                          "letter or folder",
                          obstacle),
              volume->name());
}

}  // namespace goldhive::ntfs
