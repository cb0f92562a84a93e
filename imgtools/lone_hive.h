// A single hive file as a target, with the transaction logs that lie beside it.
#pragma once

#include <memory>

#include "imgtools/formats.h"

namespace goldhive {

bool is_hive_file(const Candidate& candidate);
/// Error(unsupported) if the file is a transaction log.
std::unique_ptr<Image> open_hive_file(const Candidate& candidate);

}  // namespace goldhive
