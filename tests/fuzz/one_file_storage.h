// A host with a single file, for fuzz targets that open a path. Every other path names nothing. The
// file has a budget, as those of every target have (file_of_target.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imgtools/bytes/budgeted_source.h"
#include "imgtools/bytes/error.h"
#include "imgtools/host/storage_steps.h"

namespace goldhive::fuzz {

class OneFileStorage final : public ReadStorage {
 public:
  static constexpr const char* path = "disk";

  /// `max_unpacked`: as OpenOptions::max_unpacked.
  explicit OneFileStorage(Bytes data, std::uint64_t max_unpacked = 0)
      : content_(std::make_shared<MemorySource>(std::move(data), path)),
        budget_(std::make_shared<ParseBudget>(max_unpacked)) {
    budget_->add_file(content_->size());
  }

  /// Bytes that were read of the file.
  std::uint64_t bytes_read() const { return content_->stats().bytes; }

  std::optional<FileInfo> stat(const std::string& name) const override {
    if (name != path) return std::nullopt;
    return FileInfo{FileType::file, content_->size(), 1, 1};
  }
  std::vector<DirectoryEntry> list(const std::string&) const override { return {}; }
  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    if (name != path) throw Error(ErrorKind::not_found, "no such file", name);
    return std::make_unique<BudgetedSource>(
        std::make_unique<SliceSource>(content_, 0, content_->size(), name), budget_);
  }
  std::optional<std::string> read_link(const std::string&) const override { return std::nullopt; }
  std::optional<OwnFile> open_own(const std::string& name, const std::string&) const override {
    return open_own_by_name(*this, name);
  }

 private:
  std::shared_ptr<const ByteSource> content_;
  SharedBudget budget_;
};

}  // namespace goldhive::fuzz
