// An input of a fuzz target as a file of a target, with a budget as every target has one. What a
// reader spends beyond it, it has not counted: replay.cc sees that by its memory, libFuzzer also by
// its time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "imgtools/bytes/budgeted_source.h"

namespace goldhive::fuzz {

inline std::shared_ptr<const ByteSource> file_of_target(Bytes data, std::string name) {
  auto budget = std::make_shared<ParseBudget>();
  budget->add_file(data.size());
  return std::make_shared<BudgetedSource>(
      std::make_unique<MemorySource>(std::move(data), std::move(name)), std::move(budget));
}

}  // namespace goldhive::fuzz
