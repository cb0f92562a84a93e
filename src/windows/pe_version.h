// The two facts that a check wants from a DLL or EXE: the machine it was made for and the version
// in its version resource.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "imgtools/bytes/byte_source.h"
#include "src/windows/facts.h"

namespace goldhive::windows {

/// A PE file whose headers have been read and found sound. Keeps no reference to the source's
/// contents: every question reads what it needs, a few hundred bytes.
class PeFile {
 public:
  /// Throws Error(corrupt) with the offset if the headers are not those of a PE32 or PE32+ file.
  /// `source` must outlive the object.
  explicit PeFile(const ByteSource& source);

  /// unknown for a machine that Windows NT 5 and later does not run on.
  Architecture architecture() const;
  std::uint16_t machine() const { return machine_; }

  /// FileVersion of VS_FIXEDFILEINFO (not ProductVersion, not the strings: those lag behind).
  /// nullopt if the file has no version resource; Error(corrupt) if it has a broken one.
  std::optional<FileVersion> file_version() const;

 private:
  struct Section {
    std::uint32_t address = 0;     ///< RVA
    std::uint32_t raw_offset = 0;  ///< in the file
    std::uint32_t raw_size = 0;
  };

  /// Where `length` bytes at `rva` lie in the file. Error(corrupt) if in no section's file data.
  std::uint64_t file_offset(std::uint64_t rva, std::uint64_t length, std::uint64_t said_at) const;
  /// The entry for `id` (or, with nullopt, the first one) of the resource directory at
  /// `directory`, which is relative to the resource root; nullopt if there is none.
  struct Entry {
    std::uint32_t target = 0;  ///< relative to the resource root
    bool is_directory = false;
    std::uint64_t said_at = 0;  ///< file offset of the entry
  };
  std::optional<Entry> find_entry(std::uint32_t directory, std::optional<std::uint32_t> id,
                                  std::uint64_t said_at) const;

  const ByteSource& source_;
  std::uint16_t machine_ = 0;
  std::vector<Section> sections_;
  std::uint32_t resources_ = 0;          ///< RVA of the resource root; 0 if there is none
  std::uint64_t resources_said_at_ = 0;  ///< file offset of the data directory entry
};

}  // namespace goldhive::windows
