// Names of keys and values as cells hold them. A name whose code units are all below 256 is stored
// with one byte for each ("compressed", Latin-1 and not the ANSI code page) and has a flag that
// says so. Any other name is stored as UTF-16LE. The kernel checks nothing: names hold NUL, CR, LF
// and lone surrogates. Source: msuhanov/regf, "Key node", flag KEY_COMP_NAME, and "Key value", flag
// VALUE_COMP_NAME.
#pragma once

#include <string>
#include <string_view>

#include "imgtools/bytes/bytes.h"

namespace goldhive::hive {

/// A name in its cell, read unit by unit: a check of a whole hive looks at hundreds of thousands of
/// names and keeps none. Owns nothing.
class NameView {
 public:
  NameView() = default;
  /// Error(corrupt) if an uncompressed name has an odd number of bytes.
  NameView(const ByteView& stored, bool compressed)
      : bytes_(stored.span()), compressed_(compressed) {
    if (!compressed && stored.size() % 2 != 0) odd(stored);
  }

  /// The number of code units.
  std::size_t size() const { return compressed_ ? bytes_.size() : bytes_.size() / 2; }
  /// `i` must be below size().
  char16_t operator[](std::size_t i) const {
    return compressed_ ? bytes_[i]
                       : static_cast<char16_t>(bytes_[2 * i] | (bytes_[2 * i + 1] << 8));
  }
  std::u16string decode() const;
  /// nt_compare() of this name and `other`.
  int compare(const NameView& other) const;

 private:
  [[noreturn]] static void odd(const ByteView& stored);

  std::span<const std::uint8_t> bytes_;
  bool compressed_ = true;
};

struct StoredName {
  Bytes bytes;
  bool compressed = false;
};

/// The stored form that Windows writes. An empty name is not flagged as compressed.
StoredName encode_name(std::u16string_view name);

}  // namespace goldhive::hive
