// What was read of one file, page by page: by it a patch tells that another program changed the
// file after the patch had read it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Holds eight bytes for each page that was read, and no page itself. Several threads may use one.
class PagesRead {
 public:
  static constexpr std::uint64_t page_size = 4096;

  /// Notes the size of the file. False if it had another one before.
  bool note_size(std::uint64_t size);
  /// Notes `bytes`, whole pages from `offset` on; the last may be cut off by the end of the file.
  /// Returns where the first page begins that was read before with other bytes.
  std::optional<std::uint64_t> note(std::uint64_t offset, std::span<const std::uint8_t> bytes);
  /// We write these bytes ourselves: what was read of their pages does not count any more.
  void forget(std::uint64_t offset, std::uint64_t length);
  /// We give the file another size ourselves.
  void forget_size(std::uint64_t old_size, std::uint64_t new_size);
  /// Nothing counts any more, whatever is noted later.
  void stop();
  /// Reads all noted pages again. Returns where the first page begins that is not as it was read;
  /// the size of the file, if that is another one.
  std::optional<std::uint64_t> first_change(const WritableFile& file) const;

 private:
  static constexpr std::uint64_t pages_in_chunk = 64;
  static constexpr std::uint64_t chunk_size = pages_in_chunk * page_size;
  using Chunk = std::array<std::uint64_t, pages_in_chunk>;  ///< 0: not read

  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::optional<std::uint64_t> size_;
  std::map<std::uint64_t, Chunk> chunks_;  ///< by offset / chunk_size
};

}  // namespace goldhive
