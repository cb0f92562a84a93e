// On Windows no locale of the thread is needed: libarchive converts by the code page of the
// process, which our manifest sets to UTF-8. That works from Windows 10 1903 on. Older versions use
// the code page of the system for names whose charset the archive does not name.
#include "imgtools/archive/utf8_locale.h"

namespace goldhive {

struct Utf8Locale::Impl {};

Utf8Locale::Utf8Locale() = default;
Utf8Locale::~Utf8Locale() = default;

}  // namespace goldhive
