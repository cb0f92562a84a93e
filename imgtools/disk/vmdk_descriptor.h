// The text in every VMDK that says how it is made up:
//
//   createType="monolithicSparse"
//   parentCID=ffffffff
//   parentFileNameHint="base.vmdk"
//   RW 4192256 SPARSE "disk-s001.vmdk"
//   RW 204800 FLAT "disk-flat.vmdk" 0
//
// It stands alone in a file ("# Disk DescriptorFile"), or inside the sparse file it describes.
//
// What is odd about it is how qemu reads it, which reads the disk then: it takes what follows the
// first "parentFileNameHint" anywhere in the text for the parent, also of a disk that has none by
// its CIDs, and an extent may begin in one line and go on in the next. Where that could give other
// files than are found here, the descriptor is an error.
//
// Source: qemu, block/vmdk.c.
#pragma once

#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"

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

/// True of a descriptor in a file of its own.
bool is_vmdk_text(const ByteSource& file);

/// `file` starts with "KDMV", "COWD" or "# Disk DescriptorFile".
/// Error(corrupt) also where qemu would see other extents.
VmdkDescriptor read_vmdk_descriptor(const ByteSource& file);

/// The file that qemu takes for the parent, whatever the header and the CIDs say: it looks for the
/// first hint in the place where a descriptor usually is. "" if there is none.
std::string vmdk_parent_to_qemu(const ByteSource& file);

/// The text of a file of its own that says the same of the extents, and which disk is its parent;
/// not the parent's name. For qemu: it knows the type only as one that may have several extents.
/// Error(corrupt) if the marks of disk and parent are none.
std::string vmdk_descriptor_text(const VmdkDescriptor& descriptor, const std::string& name);

}  // namespace goldhive
