// The oracle of the tests of NTFS volumes: libntfs-3g, which shares no code with our reader.
#pragma once

#include <memory>

#include "imgtools/ntfs/ntfs.h"

namespace goldhive::testing {

/// As mount_ntfs().
std::shared_ptr<const NtfsVolume> mount_by_library(std::shared_ptr<const ByteSource> volume);

}  // namespace goldhive::testing
