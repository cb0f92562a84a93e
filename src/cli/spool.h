// A text that is written bit by bit and may become too long for the memory: the report of a hundred
// thousand targets for a file. What has grown long goes to a temporary file without a name.
#pragma once

#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

#include "imgtools/host/spill_file.h"

namespace goldhive::cli {

class Spool {
 public:
  /// `directory`: where the temporary file lies, if one is needed.
  explicit Spool(std::string directory) : buffer_(std::move(directory)), out_(&buffer_) {
    out_.exceptions(std::ios::badbit);  // passes on what the temporary file throws
  }

  /// Writing to it throws Error(io) where the temporary file cannot be written.
  std::ostream& out() { return out_; }
  /// Hands over all of the text, piece by piece.
  void each_piece(const TakePiece& take) const { buffer_.each_piece(take); }

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(std::string directory) : directory_(std::move(directory)) {}
    void each_piece(const TakePiece& take) const;

   protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize length) override;

   private:
    void add(std::string_view text);

    std::string directory_;
    std::string latest_;                 // what follows the file's content
    std::unique_ptr<SpillFile> before_;  // null until it is needed
  };

  Buffer buffer_;
  std::ostream out_;
};

}  // namespace goldhive::cli
