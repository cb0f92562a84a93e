// Reports that were saved before, as a user names them.
#pragma once

#include <memory>
#include <string>

#include "imgtools/host/storage.h"

namespace goldhive::cli {

/// Error(usage) for a folder, Error(not_found), Error(io).
std::unique_ptr<ByteSource> open_report(const ReadStorage& storage, const std::string& path);

}  // namespace goldhive::cli
