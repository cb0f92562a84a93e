// Disk images for tests, made by the real tools: mkntfs, sfdisk, qemu-img. All small and sparse.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fixtures/ntfs_builder.h"
#include "tests/support/temp_dir.h"

namespace goldhive::testing {

/// True if all tools that the functions below need are there; says which is not.
bool have_disk_tools();

/// An NTFS volume of `size` bytes in the file `name` of `dir`; returns its path.
std::string make_ntfs(const TempDir& dir, const std::string& name, std::uint64_t size,
                      const std::vector<fixtures::NtfsFile>& files,
                      const std::vector<std::string>& mkntfs_options = {});

enum class Layout { bare, mbr, gpt };
inline constexpr Layout all_layouts[] = {Layout::bare, Layout::mbr, Layout::gpt};
const char* to_string(Layout layout);

/// A raw disk "<name>" with the given volume files in partitions 1, 2, ...; a bare one holds
/// exactly one volume. Returns its path.
std::string make_raw_disk(const TempDir& dir, const std::string& name, Layout layout,
                          const std::vector<std::string>& volumes);

/// A container that qemu-img makes, as a row of a table.
struct ContainerKind {
  const char* name;         ///< for messages: "vhd-dynamic"
  const char* format;       ///< ours: "vhd"
  const char* qemu_format;  ///< "vpc"
  const char* options;      ///< for -o; may be ""
};
const std::vector<ContainerKind>& container_kinds();

/// `raw` converted; returns the path of the new file "<raw>.<kind>".
std::string convert_disk(const std::string& raw, const ContainerKind& kind);

/// Overwrites part of a file.
void write_at(const std::string& path, std::uint64_t offset, const Bytes& data);

}  // namespace goldhive::testing
