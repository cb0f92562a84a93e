// A file of a target: what is read of it counts.
#pragma once

#include <memory>
#include <utility>

#include "imgtools/bytes/byte_source.h"
#include "imgtools/bytes/parse_budget.h"

namespace goldhive {

class BudgetedSource final : public ByteSource {
 public:
  BudgetedSource(std::unique_ptr<ByteSource> base, SharedBudget budget)
      : ByteSource(base->name()), base_(std::move(base)), budget_(std::move(budget)) {}
  std::uint64_t size() const override { return base_->size(); }
  std::span<const std::uint8_t> in_memory() const override { return base_->in_memory(); }
  SharedBudget budget() const override { return budget_; }
  std::string open_path() const override { return base_->open_path(); }

 protected:
  void do_read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    budget_->read(out.size(), name());
    base_->read(offset, out);
  }

 private:
  std::unique_ptr<ByteSource> base_;
  SharedBudget budget_;
};

}  // namespace goldhive
