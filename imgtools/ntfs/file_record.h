// A file of an NTFS volume by its attributes, wherever they lie: in its base record, or in further
// records that its attribute list names.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "imgtools/ntfs/attribute_list.h"
#include "imgtools/ntfs/mft_record.h"
#include "imgtools/ntfs/stream.h"
#include "imgtools/ntfs/volume_bytes.h"

namespace goldhive::ntfs {

/// Whoever reads MFT records.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  /// Throws Error(corrupt): there is no such record, it is not in use, or has another sequence
  /// number.
  virtual std::shared_ptr<const MftRecord> record(const FileReference& reference) const = 0;
};

/// An attribute with what its views are of.
struct HeldAttribute {
  std::shared_ptr<const MftRecord> record;
  const Attribute* attribute = nullptr;

  const Attribute* operator->() const { return attribute; }
  const Attribute& operator*() const { return *attribute; }
};

class FileRecord : public std::enable_shared_from_this<FileRecord> {
 public:
  /// Reads the attribute list, if there is one. `volume` and `records` must outlive this and the
  /// streams made of it. Throws Error(corrupt): `base` is a part of another file; a bad list.
  static std::shared_ptr<const FileRecord> open(const VolumeBytes& volume,
                                                const RecordReader& records,
                                                const FileReference& reference);

  bool is_folder() const { return base_->is_folder(); }
  std::uint64_t number() const { return reference_.record; }
  std::uint16_t sequence() const { return base_->sequence(); }

  /// The attributes of a type, each as a whole or as its pieces, in their order. Throws Error.
  std::vector<HeldAttribute> all(AttributeType type) const;
  /// The one of that type and name, by its first piece; null if there is none. Throws Error.
  HeldAttribute first(AttributeType type, std::u16string_view name = {}) const;
  /// Its bytes; null if there is no such attribute. Throws Error.
  std::unique_ptr<Stream> stream(AttributeType type, std::u16string_view name = {}) const;

  /// For errors of the file as a whole.
  ByteView view() const { return base_->view(); }

 private:
  FileRecord(const VolumeBytes& volume, const RecordReader& records,
             const FileReference& reference);

  void read_list();
  void take_list(const ByteView& list);
  /// Where an attribute is, or a piece of one.
  struct Place {
    AttributeListEntry entry;
    const Attribute* in_base = nullptr;  ///< set if there is no attribute list
  };

  HeldAttribute held(const Place& place) const;
  std::vector<Place> places(AttributeType type, std::u16string_view name) const;
  RunMap::Piece piece(const Place& place) const;

  const VolumeBytes& volume_;
  const RecordReader& records_;
  FileReference reference_;
  std::shared_ptr<const MftRecord> base_;
  std::vector<Place> places_;
  HeldBytes held_;
};

}  // namespace goldhive::ntfs
