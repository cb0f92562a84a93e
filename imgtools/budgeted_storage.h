// A storage through which one target is read: what is read of its files counts against the target's
// budget, and what may be spent grows by the size of each file that is opened.
#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "imgtools/bytes/parse_budget.h"
#include "imgtools/host/storage.h"

namespace goldhive {

class BudgetedStorage final : public ReadStorage {
 public:
  /// `base` must outlive this.
  BudgetedStorage(const ReadStorage& base, SharedBudget budget)
      : base_(base), budget_(std::move(budget)) {}

  const ParseBudget& budget() const { return *budget_; }

  std::optional<FileInfo> stat(const std::string& path) const override { return base_.stat(path); }
  std::vector<DirectoryEntry> list(const std::string& directory) const override;
  std::unique_ptr<ByteSource> open(const std::string& path) const override;
  std::optional<std::string> read_link(const std::string& path) const override {
    return base_.read_link(path);
  }
  std::string writer_of(const std::string& path) const override { return base_.writer_of(path); }
  ChangeMark change_mark(const std::string& path) const override { return base_.change_mark(path); }
  std::optional<OwnFile> open_own(const std::string& path,
                                  const std::string& target) const override {
    return base_.open_own(path, target);
  }

 private:
  const ReadStorage& base_;
  SharedBudget budget_;
  mutable std::mutex mutex_;
  mutable std::set<std::string> opened_;
};

}  // namespace goldhive
