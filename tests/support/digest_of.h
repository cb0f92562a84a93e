// A file of the host in 64 digits, to see whether it has changed.
#pragma once

#include <string>

#include "imgtools/bytes/digest.h"
#include "imgtools/host/storage.h"

namespace goldhive::testing {

inline std::string digest_of(const std::string& path) {
  return to_hex(sha256(*host_read_storage()->open(path)));
}

}  // namespace goldhive::testing
