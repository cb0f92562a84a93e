// A private file for bytes that another library wants to open by path. In memory where the system
// has that (Linux), else in `directory`. Gone when the object is; a killed run leaves at most what
// the next one removes (scratch_posix.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace goldhive {

class ScratchFile {
 public:
  /// Error(io) if it cannot be made. `directory`: where it goes if it must be on disk.
  explicit ScratchFile(const std::string& directory);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Writes anywhere; what lies between the old end and `offset` reads as zeros.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);
  /// Extends by zeros, or cuts off.
  void resize(std::uint64_t size);
  /// Opens the same bytes in this process; not for handing to others.
  const std::string& path() const { return path_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string path_;
};

}  // namespace goldhive
