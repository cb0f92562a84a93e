// The data of one member as it comes out of an archive: in memory while there is little of it, then
// in a temporary file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/host/spill_file.h"

namespace goldhive {

/// What all kept members of an archive may take of memory together; a larger one alone does not.
inline constexpr std::uint64_t member_memory_limit = 256 << 20;

/// The temporary file of an archive: made when the first member needs it, and shared by all, since
/// an archive can hold more of them than a process may open files.
struct MemberSpill {
  std::string directory;
  std::shared_ptr<SpillFile> file = nullptr;
};

class MemberData {
 public:
  /// `memory`: how much of it is still free for this member. `name` is for messages. `spill` must
  /// outlive this, and one member is written at a time.
  MemberData(std::string name, MemberSpill& spill, std::uint64_t memory)
      : name_(std::move(name)), spill_(spill), memory_(memory) {}

  void add(const MemberPiece& piece);
  /// `size`: what the header said; a hole at the end is filled up to there.
  std::shared_ptr<const ByteSource> finish(std::uint64_t size);
  /// Bytes in memory.
  std::uint64_t in_memory() const { return spilt_ ? 0 : bytes_.size(); }

 private:
  void grow(std::uint64_t size);

  std::string name_;
  MemberSpill& spill_;
  std::uint64_t memory_;
  Bytes bytes_;
  bool spilt_ = false;
  std::uint64_t base_ = 0;  // where in the file the member begins
  std::uint64_t size_ = 0;  // of what was spilt
};

/// Data in a temporary file of its own, for who needs one.
std::shared_ptr<const SpillFile> in_own_file(const ByteSource& data, const std::string& directory);

}  // namespace goldhive
