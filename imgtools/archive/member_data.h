// The data of one member as it comes out of an archive: in memory up to a limit, beyond it in a
// temporary file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "imgtools/archive/archive_reader.h"
#include "imgtools/host/spill_file.h"

namespace goldhive {

/// How much memory all kept members of an archive may take together. A single member that is larger
/// goes to the temporary file.
inline constexpr std::uint64_t member_memory_limit = 256 << 20;

/// The temporary file of an archive. It is made when the first member needs it, and shared by all
/// members, since an archive can hold more of them than a process may open files.
struct MemberSpill {
  std::string directory;
  std::shared_ptr<SpillFile> file = nullptr;
};

class MemberData {
 public:
  /// `memory`: how much memory this member may take. `name` is for messages. `spill` must outlive
  /// this object; only one member is written at a time.
  MemberData(std::string name, MemberSpill& spill, std::uint64_t memory)
      : name_(std::move(name)), spill_(spill), memory_(memory) {}

  void add(const MemberPiece& piece);
  /// `size`: by the header. The data is filled with zeros up to that size, since it may end in a
  /// hole.
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
  std::uint64_t size_ = 0;  // of the part in the file
};

/// Data in a temporary file of its own.
std::shared_ptr<const SpillFile> in_own_file(const ByteSource& data, const std::string& directory);

}  // namespace goldhive
