// Collections of Velociraptor: a zip, or the folder that it was unpacked to, with the drives of a
// machine under names whose special characters are encoded as in a URL:
//
//   Collection-PC1-2024-10-15T17_12_07Z.zip/uploads/auto/C%3A/Windows/...
//   Collection-PC1-2024-10-15T17_12_07Z/uploads/ntfs/%5C%5C.%5CC%3A/Windows/...
//
// Source: docs.velociraptor.app, "Offline Collections" and "fuse zip". The name of the zip is the
// usual one; its maker may choose another, and then it tells no machine.
#pragma once

#include <string>

#include "src/report/report.h"

namespace goldhive::target {

/// "C:" of "C%3A". What encodes nothing stays as it is.
std::string decoded_name(const std::string& name);

/// Notes which drive of which machine each installation of a collection is; nothing where the
/// target is none. `absolute_path` is that of the target.
void note_collection(const std::string& absolute_path, report::TargetReport& target);

}  // namespace goldhive::target
