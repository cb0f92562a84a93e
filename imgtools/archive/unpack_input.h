// What libarchive reads from: a file or the output of another reader, and the classes that watch
// over either. Nothing in here calls libarchive.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/archive/gunzip.h"
#include "imgtools/archive/packing.h"
#include "imgtools/archive/tar_format.h"
#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/error.h"

namespace goldhive {

inline constexpr std::size_t chunk_size = 256 * 1024;
inline constexpr std::uint64_t longest_header =
    64 << 20;  // names, pax attributes, maps of sparse files

/// What libarchive reads from: a file, or the output of another reader.
class UnpackInput {
 public:
  virtual ~UnpackInput() = default;
  /// The next bytes; empty at the end.
  virtual std::span<const std::uint8_t> next() = 0;
  /// How many of `bytes` were skipped; 0 if skipping is not possible.
  virtual std::uint64_t skip(std::uint64_t bytes) = 0;
  virtual bool can_seek() const { return false; }
  virtual std::uint64_t seek(std::int64_t, int) { return 0; }

  std::exception_ptr failure;
};

class FileInput final : public UnpackInput {
 public:
  explicit FileInput(std::shared_ptr<const ByteSource> file) : file_(std::move(file)) {}

  std::span<const std::uint8_t> next() override {
    const std::uint64_t left = file_->size() - at_;
    buffer_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk_size)));
    file_->read(at_, buffer_);
    at_ += buffer_.size();
    return buffer_;
  }
  std::uint64_t skip(std::uint64_t bytes) override {
    const std::uint64_t step = std::min(bytes, file_->size() - at_);
    at_ += step;
    return step;
  }
  bool can_seek() const override { return true; }
  std::uint64_t seek(std::int64_t offset, int whence) override {
    const auto size = static_cast<std::int64_t>(file_->size());
    std::int64_t base = whence == SEEK_SET   ? 0
                        : whence == SEEK_CUR ? static_cast<std::int64_t>(at_)
                                             : size;
    if (offset > 0 && base > INT64_MAX - offset) base = size - offset;
    at_ = static_cast<std::uint64_t>(std::clamp<std::int64_t>(base + offset, 0, size));
    return at_;
  }

 private:
  std::shared_ptr<const ByteSource> file_;
  std::uint64_t at_ = 0;
  Bytes buffer_;
};

/// A packed file. Packed data have no long runs of zeros, but what follows them may: see
/// longest_fill.
class PackedFileInput final : public UnpackInput {
 public:
  explicit PackedFileInput(const std::shared_ptr<const ByteSource>& file)
      : file_(file), name_(file->name()) {}

  std::span<const std::uint8_t> next() override {
    const std::span<const std::uint8_t> data = file_.next();
    const bool zeros = std::all_of(data.begin(), data.end(), [](auto byte) { return byte == 0; });
    zeros_ = zeros ? zeros_ + data.size() : 0;
    read_ += data.size();
    if (zeros_ > longest_fill) throw Error::corrupt(name_, read_ - zeros_, too_much_fill);
    return data;
  }
  std::uint64_t skip(std::uint64_t bytes) override {
    const std::uint64_t skipped = file_.skip(bytes);
    read_ += skipped;
    return skipped;
  }

 private:
  FileInput file_;
  std::string name_;
  std::uint64_t read_ = 0;
  std::uint64_t zeros_ = 0;
};

[[noreturn]] inline void refuse_packed_twice(const std::string& name) {
  throw Error(ErrorKind::unsupported, "is packed more than once: unpack it first", name);
}

class GzipInput final : public UnpackInput {
 public:
  explicit GzipInput(const std::shared_ptr<const ByteSource>& file)
      : gunzip_(file), name_(file->name()) {}

  std::span<const std::uint8_t> next() override {
    const std::span<const std::uint8_t> data = gunzip_.next();
    if (std::exchange(first_, false) && !packing_of(data).empty()) refuse_packed_twice(name_);
    return data;
  }
  std::uint64_t skip(std::uint64_t) override { return 0; }

 private:
  Gunzip gunzip_;
  std::string name_;
  bool first_ = true;
};

/// Counts the bytes of another input against the budget.
class BudgetedInput final : public UnpackInput {
 public:
  BudgetedInput(std::unique_ptr<UnpackInput> base, ParseBudget& budget, std::string name)
      : base_(std::move(base)), budget_(budget), name_(std::move(name)) {}

  std::span<const std::uint8_t> next() override {
    const std::span<const std::uint8_t> data = base_->next();
    budget_.unpack(data.size(), name_);
    return data;
  }
  std::uint64_t skip(std::uint64_t) override { return 0; }

 private:
  std::unique_ptr<UnpackInput> base_;
  ParseBudget& budget_;
  std::string name_;
};

/// Passes on another input, whose first bytes can be looked at before.
class LedInput final : public UnpackInput {
 public:
  explicit LedInput(std::unique_ptr<UnpackInput> base) : base_(std::move(base)) {
    while (lead_.size() < tar_block) {
      const std::span<const std::uint8_t> data = base_->next();
      if (data.empty()) break;
      lead_.insert(lead_.end(), data.begin(), data.end());
    }
  }

  /// The first bytes: at least a block of a tar, or all there are.
  std::span<const std::uint8_t> lead() const { return lead_; }

  std::span<const std::uint8_t> next() override {
    if (std::exchange(given_, true) || lead_.empty()) return base_->next();
    return lead_;
  }
  std::uint64_t skip(std::uint64_t bytes) override { return given_ ? base_->skip(bytes) : 0; }

 private:
  std::unique_ptr<UnpackInput> base_;
  Bytes lead_;
  bool given_ = false;
};

/// Passes on another input, and remembers whether it ended, and with which bytes. Throws for a tar
/// that libarchive reads otherwise than GNU tar.
class TarInput final : public UnpackInput {
 public:
  TarInput(std::unique_ptr<UnpackInput> base, const std::string& name)
      : base_(std::move(base)), watch_(name) {}

  std::span<const std::uint8_t> next() override {
    const std::span<const std::uint8_t> data = base_->next();
    ended_ = data.empty();
    watch_.take(data);
    if (data.size() >= tail_.size()) {
      std::copy(data.end() - static_cast<std::ptrdiff_t>(tail_.size()), data.end(), tail_.begin());
    } else if (!data.empty()) {
      std::rotate(tail_.begin(), tail_.begin() + static_cast<std::ptrdiff_t>(data.size()),
                  tail_.end());
      std::copy(data.begin(), data.end(), tail_.end() - static_cast<std::ptrdiff_t>(data.size()));
    }
    return data;
  }
  std::uint64_t skip(std::uint64_t bytes) override {
    const std::uint64_t skipped = base_->skip(bytes);
    if (skipped > 0) tail_.fill(1);
    watch_.skip(skipped);
    return skipped;
  }

  /// A tar ends with blocks of zeros. If its bytes end with something else, it was cut off.
  bool cut_off() const {
    return ended_ && std::any_of(tail_.begin(), tail_.end(), [](std::uint8_t b) { return b != 0; });
  }
  /// Reads to the end what libarchive did not ask for, so that the packing can check its own sums.
  void drain() {
    while (!ended_) next();
  }

 private:
  std::unique_ptr<UnpackInput> base_;
  GlobalPaxWatch watch_;
  bool ended_ = false;
  std::array<std::uint8_t, tar_block> tail_{};
};

/// Passes on another input, and throws if a member's header is longer than `longest_header`.
class HeaderInput final : public UnpackInput {
 public:
  HeaderInput(std::unique_ptr<UnpackInput> base, std::string name)
      : base_(std::move(base)), name_(std::move(name)) {}

  std::span<const std::uint8_t> next() override {
    const std::span<const std::uint8_t> data = base_->next();
    given_ += data.size();
    if (in_header_ && given_ > longest_header) {
      throw Error::corrupt(name_, at_header_,
                           "cut off or damaged: the header of a member is too long",
                           fmt::format("at most {} bytes", longest_header), "more");
    }
    return data;
  }
  std::uint64_t skip(std::uint64_t bytes) override { return base_->skip(bytes); }
  bool can_seek() const override { return base_->can_seek(); }
  std::uint64_t seek(std::int64_t offset, int whence) override {
    return base_->seek(offset, whence);
  }

  /// The next byte begins a header. `at` is about its offset in the unpacked bytes.
  void header_begins(std::uint64_t at) {
    in_header_ = true;
    given_ = 0;
    at_header_ = at;
  }
  void header_ends() { in_header_ = false; }

 private:
  std::unique_ptr<UnpackInput> base_;
  std::string name_;
  bool in_header_ = false;
  std::uint64_t given_ = 0;
  std::uint64_t at_header_ = 0;
};

}  // namespace goldhive
