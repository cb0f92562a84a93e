#include <linux/fs.h>
#include <sys/ioctl.h>

#include "imgtools/host/reflink.h"

namespace goldhive {

bool share_blocks(int source, int target) { return ::ioctl(target, FICLONE, source) == 0; }

}  // namespace goldhive
