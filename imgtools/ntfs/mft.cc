#include "imgtools/ntfs/mft.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "imgtools/ntfs/corrupt.h"

namespace goldhive::ntfs {

namespace {

/// The records of the volume's own files, most of which are needed, in one read. What of them
/// cannot be read shows when it is needed.
void read_ahead(const VolumeBytes& volume) {
  const std::uint64_t start = volume.boot().mft_cluster * volume.boot().cluster_size;
  constexpr std::uint64_t most = 16 << 10;  // all of them where they have 1 KB
  const std::uint64_t length = std::min(most, first_user_file * volume.boot().record_size);
  if (start > volume.size() || length > volume.size() - start) return;
  Bytes records(static_cast<std::size_t>(length));
  try {
    volume.read(start, records);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::refused) throw;
  }
}

}  // namespace

Mft::Mft(const VolumeBytes& volume) : volume_(volume) {
  read_ahead(volume);
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
