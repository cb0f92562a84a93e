// The blocks of a tar, for code that changes one file in it and copies the rest: where in the
// (unpacked) stream each entry's headers and data lie, and the headers of a changed entry.
//
// Sources: POSIX.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format"; GNU tar
// manual, "Basic Tar Format", "GNU Extensions to the Archive Format", "Storing Sparse Files".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

inline constexpr std::size_t tar_block = 512;

/// True if `head` begins with a header of a tar: one whose checksum is right.
bool starts_like_tar(std::span<const std::uint8_t> head);

/// The bytes of a tar from front to back.
class TarStream {
 public:
  virtual ~TarStream() = default;
  /// Up to `most` bytes; empty at the end. Valid until the next call.
  virtual std::span<const std::uint8_t> next(std::size_t most) = 0;
  /// Skips that many bytes. False if skipping is not cheaper than reading; then nothing was
  /// skipped.
  virtual bool skip(std::uint64_t) { return false; }
};

struct TarEntry {
  std::string name;  ///< as stored
  char type = '0';
  bool sparse = false;
  std::uint64_t start_at = 0;  ///< where the first header that belongs to it starts
  std::uint64_t data_at = 0;   ///< where the last header ends
  std::uint64_t size = 0;      ///< of the data in the archive, without the fill
  Bytes headers;               ///< from start_at to data_at

  std::uint64_t end_at() const { return data_at + (size + tar_block - 1) / tar_block * tar_block; }
};

/// Walks the entries of a tar.
class TarWalker {
 public:
  /// `name` is for messages.
  TarWalker(TarStream& stream, std::string name) : stream_(stream), name_(std::move(name)) {}

  /// The next entry; false at the end mark. Error(corrupt), or Error(unsupported) if it is not
  /// certain where the next header is.
  bool next(TarEntry& entry);
  /// Hands out the data of the entry that next() gave. To be called at most once for each entry.
  void read_data(const std::function<void(std::span<const std::uint8_t>)>& take);

 private:
  struct Header {
    char type = 0;
    std::uint64_t size = 0;
    std::uint64_t at = 0;
  };
  /// What headers before the one of a file say of it.
  struct Attributes {
    std::string name;  ///< "": nothing
    std::optional<std::uint64_t> size;
  };

  [[noreturn]] void fail_at_end(std::uint64_t missing) const;
  Bytes read(std::uint64_t length);
  /// The size field of a header that stands at `at`. Error(corrupt) if it is no header.
  std::uint64_t checked_size(const Bytes& block, std::uint64_t at) const;
  void read_attributes(const Header& header, TarEntry& entry, Attributes& found);
  void read_sparse_map(const Bytes& block, std::uint64_t at, TarEntry& entry);
  std::string name_in(const Bytes& block, std::uint64_t at) const;
  void pass_over(std::uint64_t length,
                 const std::function<void(std::span<const std::uint8_t>)>* take);

  TarStream& stream_;
  std::string name_;
  std::uint64_t at_ = 0;
  std::uint64_t entry_data_ = 0;  // data of the last entry that was not skipped yet
  std::uint64_t entry_fill_ = 0;
};

/// Looks over the bytes of a tar, as somebody else reads it, for a global pax header that sets the
/// path or the size of all entries. GNU tar goes by it and libarchive does not, so that each of
/// them sees another tree.
class GlobalPaxWatch {
 public:
  /// `name` is for messages.
  explicit GlobalPaxWatch(std::string name) : name_(std::move(name)) {}

  /// The next bytes of the tar. Error(unsupported) at such a header.
  void take(std::span<const std::uint8_t> data);
  /// So many bytes are passed over.
  void skip(std::uint64_t bytes);

 private:
  void block();
  void end_attributes();
  void stop() { stopped_ = true; }

  std::string name_;
  bool stopped_ = false;      ///< at the end mark, or since this is no tar, or a damaged one
  std::uint64_t left_ = 0;    ///< of what is passed over
  std::uint64_t wanted_ = 0;  ///< of what is collected; 0: nothing
  char type_ = 0;             ///< of the header whose attributes are collected
  std::uint64_t attributes_size_ = 0;
  bool map_follows_ = false;               ///< of a sparse file: in the next block
  std::optional<std::uint64_t> doubtful_;  ///< a link says that so many bytes follow it
  std::optional<std::uint64_t> pax_size_;  ///< of the next entry
  std::uint64_t entry_size_ = 0;           ///< of the entry whose map follows
  Bytes collected_;
};

/// The headers of an entry with another size of its data: in the header's field, its checksum, and
/// a pax record if there is one. All else stays. Error(unsupported) if the size does not fit.
Bytes tar_headers_with_size(const TarEntry& entry, std::uint64_t size);

}  // namespace goldhive
