// The Master File Table: $MFT, the file whose records are all files of a volume, itself among them.
//
// What is odd about it: where $MFT lies stands in its own first record, and where that lies in the
// boot record. If $MFT has an attribute list, records of later parts are found by earlier ones.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "$MFT".
#pragma once

#include <memory>

#include "imgtools/ntfs/file_record.h"

namespace goldhive::ntfs {

class Mft final : public RecordReader {
 public:
  /// `volume` must outlive this. Throws Error(corrupt, io).
  explicit Mft(const VolumeBytes& volume);
  Mft(const Mft&) = delete;
  Mft& operator=(const Mft&) = delete;

  std::shared_ptr<const MftRecord> record(const FileReference& reference) const override;

  /// The file with that base record.
  std::shared_ptr<const FileRecord> file(const FileReference& reference) const {
    return FileRecord::open(volume_, *this, reference);
  }

 private:
  const VolumeBytes& volume_;
  std::unique_ptr<Stream> data_;  ///< null until it is known where it lies
};

}  // namespace goldhive::ntfs
