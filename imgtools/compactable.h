// An Image is Compactable too if its format leaves dead space behind: WIM and ESD files, which grow
// with each change.
#pragma once

#include "imgtools/host_change.h"

namespace goldhive {

class Compactable {
 public:
  virtual ~Compactable() = default;

  /// The image written anew, without the parts that nothing in it points to. The size limit is the
  /// exact size. Throws Error: refused, corrupt.
  virtual HostRewrite compacted() const = 0;
};

}  // namespace goldhive
