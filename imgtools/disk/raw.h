// A raw image: the file is the disk. It has no mark of its own; it is known by a partition table or
// a file system at its start (partitions.h).
#pragma once

#include "imgtools/disk/virtual_disk.h"

namespace goldhive {

class RawDisk final : public MappedDisk {
 public:
  explicit RawDisk(std::shared_ptr<const ByteSource> file) : MappedDisk(std::move(file)) {}

  std::string format() const override { return "raw"; }
  std::uint64_t size() const override { return file().size(); }
  Extent extent_at(std::uint64_t offset) const override {
    return {Extent::Kind::stored, size() - offset, offset};
  }
};

}  // namespace goldhive
