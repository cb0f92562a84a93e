#include "imgtools/ntfs/mft.h"

#include <fmt/format.h>

#include <utility>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

Mft::Mft(const VolumeBytes& volume) : volume_(volume) {
  const auto itself = file({mft_file, 0});
  data_ = itself->stream(AttributeType::data);
  if (!data_) throw corrupt(itself->view(), 0, "$MFT has no data");
}

std::shared_ptr<const MftRecord> Mft::record(const FileReference& reference) const {
  const std::uint32_t size = volume_.boot().record_size;
  std::uint64_t origin = volume_.boot().mft_cluster * volume_.boot().cluster_size;
  Bytes bytes(size);
  if (reference.record == mft_file) {
    volume_.read(origin, bytes);
  } else {
    const std::uint64_t records = data_ ? data_->size() / size : 0;
    if (reference.record >= records) {
      throw Error::corrupt(volume_.name(), origin,
                           "something points to an MFT record that is not there",
                           fmt::format("one of {}", records), fmt::to_string(reference.record));
    }
    const std::uint64_t offset = reference.record * size;
    data_->read(offset, bytes);
    if (const auto place = data_->place(offset)) origin = place->offset;
  }
  auto record = std::make_shared<const MftRecord>(std::move(bytes), origin, volume_.name());
  if (reference.sequence != 0 && reference.sequence != record->sequence()) {
    throw corrupt(record->view(), 16, "a reference names a file that had this MFT record before",
                  fmt::to_string(reference.sequence), fmt::to_string(record->sequence()));
  }
  return record;
}

}  // namespace goldhive::ntfs
