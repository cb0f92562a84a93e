// The text in every VMDK that says how it is made up:
//
//   createType="monolithicSparse"
//   parentCID=ffffffff
//   parentFileNameHint="base.vmdk"
//   RW 4192256 SPARSE "disk-s001.vmdk"
//
// It stands alone in a file ("# Disk DescriptorFile"), or inside the sparse file it describes.
#pragma once

#include <string>
#include <vector>

#include "imgtools/byte_source.h"

namespace goldhive {

struct VmdkDescriptor {
  std::string create_type;
  std::string parent;                ///< "" if it has none
  std::vector<std::string> extents;  ///< file names; empty for a file that is its own only extent
};

/// `file` starts with "KDMV", "COWD" or "# Disk DescriptorFile".
VmdkDescriptor read_vmdk_descriptor(const ByteSource& file);

}  // namespace goldhive
