// A temporary file without a name, for bytes that are too many to keep in memory. Gone when the
// object is, and when the process dies (a killed run leaves at most an empty file that the next one
// removes).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

class SpillFile final : public ByteSource {
 public:
  /// In `directory`; Error(io) if it cannot be made. `name` is for messages.
  SpillFile(const std::string& directory, std::string name);
  ~SpillFile() override;

  /// Writes anywhere; what lies between the old end and `offset` reads as zeros.
  void write(std::uint64_t offset, std::span<const std::uint8_t> data);
  /// Extends by zeros that take no room, or cuts off.
  void resize(std::uint64_t size);
  std::uint64_t size() const override { return size_; }
  std::string open_path() const override;

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::uint64_t size_ = 0;
};

}  // namespace goldhive
