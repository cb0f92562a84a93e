// The caller's own check of a change.
#pragma once

#include <functional>

#include "imgtools/host/storage.h"

namespace goldhive {

/// Looks at what was written, through the storage it is handed, before it counts. May throw Error,
/// which takes the change back.
using Verify = std::function<void(const ReadStorage& storage)>;

}  // namespace goldhive
