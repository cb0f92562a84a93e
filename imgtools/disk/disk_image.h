// Disk images: a container (or none) holds partitions, and these hold volumes.
#pragma once

#include <memory>

#include "imgtools/candidate.h"
#include "imgtools/disk/virtual_disk.h"
#include "imgtools/image.h"

namespace goldhive {

/// The image that a virtual disk holds. `path` is what its volumes are named after.
std::unique_ptr<Image> make_disk_image(std::shared_ptr<const VirtualDisk> disk,
                                       const std::string& path);

// What the rows of formats.cc call.
bool is_vhd_image(const Candidate& candidate);
std::unique_ptr<Image> open_vhd_image(const Candidate& candidate);
bool is_vhdx_image(const Candidate& candidate);
std::unique_ptr<Image> open_vhdx_image(const Candidate& candidate);
bool is_vmdk_image(const Candidate& candidate);
std::unique_ptr<Image> open_vmdk_image(const Candidate& candidate);
bool is_qcow2_image(const Candidate& candidate);
std::unique_ptr<Image> open_qcow2_image(const Candidate& candidate);
bool is_vdi_image(const Candidate& candidate);
std::unique_ptr<Image> open_vdi_image(const Candidate& candidate);
/// A segment of an E01, the first or another one.
bool is_e01_image(const Candidate& candidate);
std::unique_ptr<Image> open_e01_image(const Candidate& candidate);
/// True of a later segment whose first one lies beside it.
bool is_later_e01_segment(const Candidate& candidate);
/// The first piece of a raw disk in several files. As weak a mark as that of a raw disk.
bool is_split_image(const Candidate& candidate);
std::unique_ptr<Image> open_split_image(const Candidate& candidate);
/// True of a later piece whose first one lies beside it.
bool is_later_split_piece(const Candidate& candidate);
/// For a file of no known format: that it may be a later piece of a raw disk; "" if its name does
/// not say so, or others of such names do not lie beside it.
std::string looks_like_a_piece(const Candidate& candidate);
/// True of what looks like one and has no first piece, and is as large as another one beside it, as
/// pieces are and rotated logs are not.
bool is_orphaned_piece(const Candidate& candidate);
/// Asked last, since its mark is weak: a partition table, or the boot sector of a file system.
bool is_raw_image(const Candidate& candidate);
std::unique_ptr<Image> open_raw_image(const Candidate& candidate);

}  // namespace goldhive
