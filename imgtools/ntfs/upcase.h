// $UpCase: the table by which a volume folds case, 65,536 characters of two bytes.
//
// What is odd about it:
// - It was written when the volume was formatted, by the Windows that did it, and later ones know
//   more letters. The order of every folder is that of the volume's own table, so no other one
//   finds names in it.
// - A character beyond the end of the table is its own capital.
//
// Source: Richard Russon and Yuval Fledel, "NTFS Documentation", "$UpCase".
#pragma once

#include <array>
#include <memory>
#include <string_view>
#include <vector>

#include "imgtools/ntfs/stream.h"

namespace goldhive::ntfs {

/// Of its table only the parts are read that names need. Not thread-safe, as the volume.
class Upcase {
 public:
  explicit Upcase(std::unique_ptr<Stream> table) : table_(std::move(table)) {}

  /// The order of a folder: by capitals, then by length. <0, 0, >0. Throws Error.
  int compare(std::u16string_view a, std::u16string_view b) const;

 private:
  static constexpr std::size_t page_characters = 2048;

  char16_t capital(char16_t c) const;

  std::unique_ptr<Stream> table_;
  mutable std::array<std::vector<char16_t>, 65536 / page_characters> pages_;
};

}  // namespace goldhive::ntfs
