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
// What is odd about it is how qemu reads it, and qemu is what reads the disk. qemu takes what
// follows the first "parentFileNameHint" anywhere in the text for the parent, even of a disk whose
// CIDs say that it has none. And an extent may begin in one line and go on in the next. If qemu
// could find other files in a descriptor than we do, the descriptor is an error.
//
// Source: qemu, block/vmdk.c.
#pragma once

#include <string>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/host/storage.h"

namespace goldhive {

/// A run of the disk and the file that holds it.
struct VmdkExtent {
  std::string access;         ///< "RW", "RDONLY", "NOACCESS"
  std::uint64_t sectors = 0;  ///< of 512 bytes
  std::string type;           ///< "SPARSE", "FLAT", ...
  std::string file;           ///< "" if it has none (ZERO)
  std::uint64_t offset = 0;   ///< where it starts in a flat file, in sectors
};

struct VmdkDescriptor {
  std::string create_type;
  std::string content_id;  ///< "CID": changes with the first write each time the disk is opened
  std::string parent_id;   ///< the CID that the parent had when this disk was made
  std::string parent;      ///< the file of the parent; "" if there is none
  std::vector<VmdkExtent> extents;  ///< empty for a file that is its own only extent
};

/// True of a descriptor that is a file of its own.
bool is_vmdk_text(const ByteSource& file);

/// `file` starts with "KDMV", "COWD" or "# Disk DescriptorFile". Error(corrupt) also if qemu would
/// see other extents than we do.
VmdkDescriptor read_vmdk_descriptor(const ByteSource& file);

/// The file that qemu takes for the parent, whatever the header and the CIDs say: qemu looks for
/// the first hint where a descriptor usually is. "" if there is none.
std::string vmdk_parent_to_qemu(const ByteSource& file);

/// The text of a descriptor file that names the same extents and the same CID of the parent, but
/// not the parent's file. It is for qemu, which allows several extents only in some types of disk.
/// Error(corrupt) if the CIDs of disk and parent are malformed.
std::string vmdk_descriptor_text(const VmdkDescriptor& descriptor, const std::string& name);

/// Gives a descriptor file another CID of the same length, durably, so that children are not read
/// any more over a disk that they were not made from. Does nothing to a file without a CID.
void change_content_id(WritableFile& descriptor);

/// The CID of the disk at `path`; "" of what is no VMDK or has none.
std::string vmdk_content_id(const ReadStorage& storage, const std::string& path);

/// Gives a VMDK whose disk is what it was the CID back that it had then, durably: qemu gives it
/// another one whenever it writes, and its children ask for that one. To be called when qemu has
/// the file open no more. Does nothing where that is no CID, or would take more than one sector.
/// Throws Error.
void restore_vmdk_content_id(Storage& storage, const std::string& path, const std::string& id);

}  // namespace goldhive
