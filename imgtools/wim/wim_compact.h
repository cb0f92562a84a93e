// A WIM without its dead space: bytes that patches (ours, DISM's, wimlib's) left behind and that
// nothing points to any more.
#pragma once

#include <memory>

#include "imgtools/host_change.h"
#include "imgtools/wim/wim_container.h"

namespace goldhive {

/// The WIM written anew: all resources as they are stored, with no gap between them. The size limit
/// of the result is its exact size, so a caller can see whether it is worth it. Throws Error:
/// refused for a WIM that must not be changed (refusal_of_wim()); corrupt if resources overlap or
/// lie beyond the end.
HostRewrite compact_wim(std::shared_ptr<const WimContainer> wim);

}  // namespace goldhive
