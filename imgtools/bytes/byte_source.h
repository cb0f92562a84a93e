// Random-access, read-only bytes: the one thing every reader in goldhive stands on. A hive on a
// disk image is a ByteSource on a file of a volume on a partition on a ByteSource.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "imgtools/bytes/bytes.h"
#include "imgtools/bytes/parse_budget.h"

namespace goldhive {

/// What was read from a source. These numbers test the promise that a scan reads only what it
/// needs.
struct ReadStats {
  std::uint64_t reads = 0;  ///< calls of read()
  std::uint64_t bytes = 0;  ///< bytes those calls returned
};

/// Not thread-safe: one source is used by one thread at a time (its counters are plain).
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Size in bytes. Fixed for the life of the source.
  virtual std::uint64_t size() const = 0;

  /// For error messages: a path, "disk.vhd: partition 2: Windows/System32/config/SOFTWARE".
  const std::string& name() const { return name_; }

  /// Fills all of `out` from `offset`. Throws Error(corrupt) if that reaches beyond size(),
  /// Error(io) if the system fails.
  void read(std::uint64_t offset, std::span<std::uint8_t> out) const;

  /// The same, into a new buffer. `length` is checked against size() before anything is allocated.
  Bytes read(std::uint64_t offset, std::size_t length) const;

  /// All size() bytes if they lie in memory anyway, so that nobody needs to copy them; empty
  /// otherwise. Using them does not count as a read.
  virtual std::span<const std::uint8_t> in_memory() const { return {}; }

  /// The budget of the target that the bytes belong to; null if they belong to none. A source over
  /// another one has the other one's.
  virtual SharedBudget budget() const { return nullptr; }

  /// A path that opens this very file again, in this process or another one of this user, as long
  /// as this lives and whatever becomes of the file's names; "" if there is none.
  virtual std::string open_path() const { return {}; }

  ReadStats stats() const { return stats_; }

 protected:
  explicit ByteSource(std::string name) : name_(std::move(name)) {}
  /// `offset` and `out` are within size(); fills all of `out` or throws.
  virtual void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;

 private:
  std::string name_;
  mutable ReadStats stats_;
};

/// Hands over `length` bytes from `offset` in pieces, so that even a large file takes little
/// memory. `at` is the offset of a piece.
using TakePiece = std::function<void(std::uint64_t at, std::span<const std::uint8_t> piece)>;
void each_piece(const ByteSource& source, std::uint64_t offset, std::uint64_t length,
                const TakePiece& take);
/// The same with all of `source`.
void each_piece(const ByteSource& source, const TakePiece& take);

/// Bytes in memory, owned.
class MemorySource final : public ByteSource {
 public:
  MemorySource(Bytes data, std::string name)
      : ByteSource(std::move(name)), data_(std::move(data)) {}
  std::uint64_t size() const override { return data_.size(); }
  std::span<const std::uint8_t> in_memory() const override { return data_; }
  const Bytes& data() const { return data_; }
  /// The bytes, taken out of a source that is used no more.
  Bytes take() && { return std::move(data_); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  Bytes data_;
};

/// A window of another source.
class SliceSource final : public ByteSource {
 public:
  /// Throws Error(corrupt) if the window is not inside `base`.
  SliceSource(std::shared_ptr<const ByteSource> base, std::uint64_t offset, std::uint64_t length,
              std::string name);
  std::uint64_t size() const override { return length_; }
  SharedBudget budget() const override { return base_->budget(); }
  /// If the window is all of `base`.
  std::string open_path() const override;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  std::shared_ptr<const ByteSource> base_;
  std::uint64_t offset_;
  std::uint64_t length_;
};

}  // namespace goldhive
