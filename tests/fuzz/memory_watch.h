// How much memory the program has asked `new` for, so that a fuzz target that makes few bytes cost
// much of it fails. Replaces operator new: to be linked into programs that run once.
#pragma once

#include <cstddef>

namespace goldhive::fuzz {

/// The most that was held at a time since this was made, beyond what was held then.
class MemoryWatch {
 public:
  MemoryWatch();
  std::size_t most() const;

 private:
  std::size_t before_;
};

}  // namespace goldhive::fuzz
