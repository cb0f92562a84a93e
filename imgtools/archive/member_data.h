// The data of one member as it comes out of an archive: in memory while there is little of it, then
// in a temporary file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/spill_file.h"

namespace goldhive {

/// What all kept members of an archive may take of memory together; a larger one alone does not.
inline constexpr std::uint64_t member_memory_limit = 256 << 20;

class MemberData {
 public:
  /// `memory`: how much of it is still free for this member. `name` is for messages.
  MemberData(std::string name, std::string scratch_directory, std::uint64_t memory)
      : name_(std::move(name)), scratch_(std::move(scratch_directory)), memory_(memory) {}

  void add(const MemberPiece& piece);
  /// `size`: what the header said; a hole at the end is filled up to there.
  std::shared_ptr<const ByteSource> finish(std::uint64_t size);
  /// Bytes in memory.
  std::uint64_t in_memory() const { return spill_ ? 0 : bytes_.size(); }

 private:
  void grow(std::uint64_t size);

  std::string name_;
  std::string scratch_;
  std::uint64_t memory_;
  Bytes bytes_;
  std::shared_ptr<SpillFile> spill_;
};

}  // namespace goldhive
