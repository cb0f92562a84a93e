// Stands in for nbd_posix.cc in a build without libnbd.
#include "imgtools/bytes/error.h"
#include "imgtools/disk/nbd.h"

namespace goldhive {

std::unique_ptr<NbdServer> start_nbd_server(const std::vector<NbdLayer>& layers,
                                            const std::string& name, bool) {
  throw Error(ErrorKind::unsupported,
              "this build cannot read " + layers.front().format +
                  " (it was made without libnbd): convert the disk to VHDX or VHD (by qemu-img)",
              name);
}

}  // namespace goldhive
