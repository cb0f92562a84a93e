// NTFS volumes for tests: formatted by mkntfs, filled by the fixtures.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fixtures/ntfs_builder.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tools.h"

namespace goldhive::testing {

/// A volume of `size` bytes, sparse, in a file of `dir`; its path. Needs mkntfs.
inline std::string make_ntfs(const TempDir& dir, const std::string& name, std::uint64_t size,
                             const std::vector<fixtures::NtfsFile>& files,
                             const std::vector<std::string>& options = {}) {
  const std::string path = dir.write(name, std::string());
  std::filesystem::resize_file(path, size);
  std::vector<std::string> command = {"mkntfs", "-F", "-Q", "-q"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(path);
  must_run(command);
  if (!files.empty()) fixtures::add_ntfs_files(path, files);
  return path;
}

/// Bytes in which every 64 KiB differ but which compress.
inline Bytes compressible(std::size_t size) {
  Bytes data(size);
  for (std::size_t i = 0; i < size; ++i) {
    data[i] = static_cast<std::uint8_t>(i % 97 < 60 ? i / 65536 : i * 7);
  }
  return data;
}

}  // namespace goldhive::testing
