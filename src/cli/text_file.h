// Small files of text that a user names: policies, plans, lists of targets.
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/storage.h"

namespace goldhive::cli {

/// All of it. Throws Error: usage ("too large for <what>") beyond `size_limit`, not_found, io.
std::string read_text_file(const ReadStorage& storage, const std::string& path,
                           std::uint64_t size_limit, const char* what);

}  // namespace goldhive::cli
