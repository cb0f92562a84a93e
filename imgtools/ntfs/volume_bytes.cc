#include "imgtools/ntfs/volume_bytes.h"

namespace goldhive::ntfs {

VolumeBytes::VolumeBytes(const std::shared_ptr<const ByteSource>& source)
    : cache_(source), budget_(budget_for(*source)) {
  Bytes sector(BootRecord::length_on_disk);
  cache_.read(0, sector);
  boot_ = parse_boot_record(ByteView(sector, 0, name()));
}

}  // namespace goldhive::ntfs
