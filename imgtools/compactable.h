// What an Image also is if its format leaves dead space behind: WIM and ESD files, which grow with
// each change of them.
#pragma once

#include "imgtools/host_change.h"

namespace goldhive {

class Compactable {
 public:
  virtual ~Compactable() = default;

  /// The image written anew without what nothing in it points to; the size limit is the exact size.
  /// Throws Error: refused, corrupt.
  virtual HostRewrite compacted() const = 0;
};

}  // namespace goldhive
