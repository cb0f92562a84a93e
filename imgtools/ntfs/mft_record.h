// A record of the Master File Table: a file, a folder, or a part of one that has no room in its own
// record.
//
//   at  0   "FILE"; "BAAD" if chkdsk gave it up
//   at  4   update sequence (update_sequence.h)
//   at 16   sequence number, u16: how often the record was given to another file
//   at 20   where the attributes begin, u16
//   at 22   flags, u16: 1 in use, 2 a folder
//   at 24   bytes in use, u32
//   at 32   the base record, as a reference, if this is a part of another one; else 0
//
// Attributes follow one another, by type, up to one of type ffffffff.
//
// A reference is a number of 48 bits and the sequence number that the record has to have, 16 bits;
// a reference to a file that was deleted does not name the one that has its record now.
//
// What is odd about it: records 0 to 15 are the volume's own files, and always at these numbers.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "File Record", "File Reference".
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "imgtools/bytes/bytes.h"
#include "imgtools/ntfs/attribute.h"

namespace goldhive::ntfs {

struct FileReference {
  std::uint64_t record = 0;    ///< below 2^48
  std::uint16_t sequence = 0;  ///< 0: any

  static FileReference parse(std::uint64_t stored) {
    return {stored & ((std::uint64_t{1} << 48) - 1), static_cast<std::uint16_t>(stored >> 48)};
  }
};

// The records of files of the volume itself.
inline constexpr std::uint64_t mft_file = 0;
inline constexpr std::uint64_t volume_file = 3;
inline constexpr std::uint64_t root_folder = 5;
inline constexpr std::uint64_t upcase_file = 10;
inline constexpr std::uint64_t first_user_file = 16;

class MftRecord {
 public:
  /// `data` are the bytes as the volume holds them, `origin` where. `name` must outlive this.
  /// Throws Error(corrupt), also for a record that is not in use.
  MftRecord(Bytes data, std::uint64_t origin, std::string_view name);
  MftRecord(const MftRecord&) = delete;
  MftRecord& operator=(const MftRecord&) = delete;

  bool is_folder() const;
  std::uint16_t sequence() const { return view().u16(16); }
  /// The record that this one is a part of; record 0 and sequence 0 of one that is none.
  FileReference base() const { return FileReference::parse(view().u64(32)); }
  bool is_part() const { return view().u64(32) != 0; }

  /// All of them, in their order. Their views are good as long as this is there.
  const std::vector<Attribute>& attributes() const { return attributes_; }

  /// For errors of the record as a whole.
  ByteView view() const { return ByteView(data_, origin_, name_); }

 private:
  void parse_attributes();

  Bytes data_;
  std::uint64_t origin_;
  std::string_view name_;
  std::vector<Attribute> attributes_;
};

}  // namespace goldhive::ntfs
