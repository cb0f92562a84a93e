// The members of an archive, one after the other, as libarchive gives them: tar (also packed by
// gzip, bzip2, xz, zstd), zip, 7z, cpio. A file that is only packed counts as an archive of one
// file. For the code that rewrites a packed tar, the packing itself is here, too.
//
// Everything here may throw Error: corrupt (with the offset in the file), unsupported (encrypted, a
// method that libarchive lacks), refused (the budget), io.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

/// What is said of a member that is encrypted.
inline constexpr const char* encrypted_member =
    "is encrypted: unpack it with its password, and give what comes out";

/// One entry of an archive.
struct Member {
  enum class Kind { file, directory, hard_link, symbolic_link, other };
  std::string name;  ///< as stored, in UTF-8; "" if it is not known
  Kind kind = Kind::file;
  std::uint64_t size = 0;  ///< bytes
  std::string link;        ///< the target of a link
  bool encrypted = false;
};

/// A piece of a member's data. Between two pieces there is a hole, which reads as zeros.
struct MemberPiece {
  std::uint64_t offset = 0;
  std::span<const std::uint8_t> data;  ///< valid until the next call
};

/// One pass over an archive.
class ArchiveReader {
 public:
  /// `format` is "tar", "zip", "7z" or "cpio". `budget` must outlive this.
  ArchiveReader(std::shared_ptr<const ByteSource> file, const std::string& format,
                ParseBudget& budget);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  /// The next member; false at the end of an archive that is complete.
  bool next(Member& member);
  /// The next piece of the member's data; false at its end. An Error of this member alone (a wrong
  /// checksum, encryption) is put into `member_error`; the other members can still be read.
  bool read(MemberPiece& piece, std::optional<Error>& member_error);
  /// True of a tar; what is packed may be something else. Known from the first next() on.
  bool is_tar() const;

 private:
  struct Impl;
  /// Throws unless a tar has its end mark and the rest of a packed file unpacks.
  void check_end();

  std::unique_ptr<Impl> impl_;
};

/// The unpacked bytes of a packed file, from front to back.
class UnpackedStream {
 public:
  /// `budget` must outlive this.
  UnpackedStream(const std::shared_ptr<const ByteSource>& file, ParseBudget& budget);
  ~UnpackedStream();
  UnpackedStream(const UnpackedStream&) = delete;
  UnpackedStream& operator=(const UnpackedStream&) = delete;

  /// The next bytes, valid until the next call; empty at the end.
  std::span<const std::uint8_t> next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Packs a stream: bytes put in come out through `out`, packed as `packing` says. Without a level,
/// the usual one is used.
class Packer {
 public:
  using Out = std::function<void(std::span<const std::uint8_t>)>;
  Packer(const std::string& packing, std::optional<int> level, Out out);
  ~Packer();
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;

  void put(std::span<const std::uint8_t> data);
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive
