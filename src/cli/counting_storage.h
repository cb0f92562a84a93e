// A ReadStorage that counts what is read through it: the figures of --verbose.
#pragma once

#include "imgtools/storage.h"

namespace goldhive::cli {

/// Must outlive the sources it opened: they add to its counters.
class CountingStorage final : public ReadStorage {
 public:
  explicit CountingStorage(const ReadStorage& inner) : inner_(inner) {}

  std::optional<FileInfo> stat(const std::string& path) const override;
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override;

  /// Reads and bytes of all files opened so far, closed ones too.
  ReadStats total() const { return total_; }

 private:
  const ReadStorage& inner_;
  mutable ReadStats total_;
};

}  // namespace goldhive::cli
