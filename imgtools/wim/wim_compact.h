// A WIM without its dead space: what patches (ours, DISM's, wimlib's) left behind, that nothing
// points to any more.
#pragma once

#include <memory>

#include "imgtools/host_change.h"
#include "imgtools/wim/wim_container.h"

namespace goldhive {

/// The WIM written anew: every resource as it is stored, one behind the other. The size limit of
/// the result is its size, so whoever asks can see whether it is worth it. Throws Error: refused,
/// for a WIM that must not be changed (refusal_of_wim()); corrupt, where resources overlap
/// or lie beyond the end.
HostRewrite compact_wim(std::shared_ptr<const WimContainer> wim);

}  // namespace goldhive
