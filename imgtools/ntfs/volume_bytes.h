// The bytes of an NTFS volume and how they are divided: what every structure of it is read through.
#pragma once

#include <memory>
#include <string>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/page_cache.h"
#include "imgtools/ntfs/boot_record.h"

namespace goldhive::ntfs {

class VolumeBytes {
 public:
  /// Reads the boot record. Throws Error(corrupt, io).
  explicit VolumeBytes(const std::shared_ptr<const ByteSource>& source);
  VolumeBytes(const VolumeBytes&) = delete;
  VolumeBytes& operator=(const VolumeBytes&) = delete;

  const BootRecord& boot() const { return boot_; }
  const std::string& name() const { return cache_.source().name(); }
  const SharedBudget& budget() const { return budget_; }
  /// What is there of it, which may be less or more than the boot record says.
  std::uint64_t size() const { return cache_.source().size(); }

  /// As ByteSource::read(), through a small cache: records and nodes are read over and over.
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const { cache_.read(offset, out); }

 private:
  PageCache cache_;
  SharedBudget budget_;
  BootRecord boot_;
};

}  // namespace goldhive::ntfs
