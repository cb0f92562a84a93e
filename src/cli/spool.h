// A text that is written bit by bit and may become too long for the memory: the report of a hundred
// thousand targets for a file. What has grown long goes to a temporary file without a name.
#pragma once

#include <memory>
#include <sstream>
#include <string>

#include "imgtools/host/spill_file.h"

namespace goldhive::cli {

class Spool {
 public:
  /// `directory`: where the temporary file lies, if one is needed.
  explicit Spool(std::string directory) : directory_(std::move(directory)) {}

  std::ostream& out() { return latest_; }
  /// To be called now and then: puts away what is too long. Throws Error.
  void put_away();
  /// Hands over all of the text, piece by piece.
  void each_piece(const TakePiece& take) const;

 private:
  std::string directory_;
  std::ostringstream latest_;          // what follows the file's content
  std::unique_ptr<SpillFile> before_;  // null until it is needed
};

}  // namespace goldhive::cli
