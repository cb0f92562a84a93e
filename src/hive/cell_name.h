// Names of keys and values as cells hold them. A name all of whose code units are below 256 is
// stored as one byte a unit ("compressed", Latin-1 and not the ANSI code page) and flagged so; any
// other as UTF-16LE. The kernel checks nothing: names hold NUL, CR, LF and lone surrogates.
// Source: msuhanov/regf, "Key node", flag KEY_COMP_NAME, and "Key value", flag VALUE_COMP_NAME.
#pragma once

#include <string>
#include <string_view>

#include "imgtools/bytes.h"

namespace goldhive::hive {

/// Error(corrupt) if an uncompressed name has an odd number of bytes.
std::u16string decode_name(const ByteView& stored, bool compressed);

struct StoredName {
  Bytes bytes;
  bool compressed = false;
};

/// The form that Windows writes; an empty name is not flagged as compressed.
StoredName encode_name(std::u16string_view name);

}  // namespace goldhive::hive
