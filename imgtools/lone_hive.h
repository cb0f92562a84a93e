// A single hive file as a target, with the transaction logs that lie beside it.
#pragma once

#include <memory>
#include <string>

#include "imgtools/candidate.h"

namespace goldhive {

/// An Image is a LoneHive too if it is a single hive file.
class LoneHive {
 public:
  virtual ~LoneHive() = default;
  /// The path of the hive in the tree of the only volume.
  virtual std::string hive_path() const = 0;
};

bool is_hive_file(const Candidate& candidate);
/// Error(unsupported) if the file is a transaction log.
std::unique_ptr<Image> open_hive_file(const Candidate& candidate);

}  // namespace goldhive
