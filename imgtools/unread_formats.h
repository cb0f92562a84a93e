// Files that people keep a Windows in and that are not read here. Each kind is known by a mark, so
// that it is named as what it is, with what to do; to add one, add its row in unread_formats.cc.
#pragma once

#include <string>

#include "imgtools/bytes/byte_source.h"

namespace goldhive {

struct UnreadFormat {
  const char* title;   ///< "a RAR archive"
  const char* advice;  ///< what to do to have what is in it judged
  /// False of what is hardly ever the image of a Windows (a cabinet of drivers): in a folder of
  /// files it counts as no image.
  bool may_hold_windows;
};

/// The kind of `file` by its first or last bytes; null if it is of none of them.
const UnreadFormat* unread_format(const ByteSource& file);

/// What open_image() says of it.
std::string describe(const UnreadFormat& format);

}  // namespace goldhive
