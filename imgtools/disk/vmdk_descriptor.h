// The text in every VMDK that says how it is made up:
//
//   createType="monolithicSparse"
//   parentCID=ffffffff
//   parentFileNameHint="base.vmdk"
//   RW 4192256 SPARSE "disk-s001.vmdk"
//   RW 204800 FLAT "disk-flat.vmdk" 0
//
// It stands alone in a file ("# Disk DescriptorFile"), or inside the sparse file it describes.
#pragma once

#include <string>
#include <vector>

#include "imgtools/byte_source.h"

namespace goldhive {

/// A run of the disk and the file that holds it.
struct VmdkExtent {
  std::string access;         ///< "RW", "RDONLY", "NOACCESS"
  std::uint64_t sectors = 0;  ///< of 512 bytes
  std::string type;           ///< "SPARSE", "FLAT", ...
  std::string file;           ///< "" if it has none (ZERO)
  std::uint64_t offset = 0;   ///< sector of the file; of a flat one
};

struct VmdkDescriptor {
  std::string create_type;
  std::string content_id;  ///< "CID": changes with every first write after the disk was opened
  std::string parent_id;   ///< the parent's, when this disk was made
  std::string parent;      ///< its file; "" if there is none
  std::vector<VmdkExtent> extents;  ///< empty for a file that is its own only extent
};

/// `file` starts with "KDMV", "COWD" or "# Disk DescriptorFile".
VmdkDescriptor read_vmdk_descriptor(const ByteSource& file);

/// The text of a file of its own that says the same of the extents, and which disk is its parent;
/// not the parent's name. For qemu: it knows the type only as one that may have several extents.
/// Error(corrupt) if the marks of disk and parent are none.
std::string vmdk_descriptor_text(const VmdkDescriptor& descriptor, const std::string& name);

}  // namespace goldhive
