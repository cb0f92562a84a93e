// A host with a single file, for fuzz targets that open a path. Every other path names nothing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/error.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive::fuzz {

class OneFileStorage final : public ReadStorage {
 public:
  static constexpr const char* path = "disk";

  explicit OneFileStorage(Bytes data)
      : file_(std::make_shared<MemorySource>(std::move(data), path)) {}

  std::optional<FileInfo> stat(const std::string& name) const override {
    if (name != path) return std::nullopt;
    return FileInfo{FileType::file, file_->size(), 1, 1};
  }
  std::vector<DirectoryEntry> list(const std::string&) const override { return {}; }
  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    if (name != path) throw Error(ErrorKind::not_found, "no such file", name);
    return std::make_unique<SliceSource>(file_, 0, file_->size(), name);
  }
  std::optional<std::string> read_link(const std::string&) const override { return std::nullopt; }
  std::optional<OwnFile> open_own(const std::string& name, const std::string&) const override {
    return open_own_by_name(*this, name);
  }

 private:
  std::shared_ptr<const ByteSource> file_;
};

}  // namespace goldhive::fuzz
