// Windows has no locale of a thread, and libarchive asks for none: it converts by the process's
// code page, which our manifest sets to UTF-8 (Windows 10 1903 and later; before, names that no
// archive says the charset of are read in the code page of the system).
#include "imgtools/archive/utf8_locale.h"

namespace goldhive {

struct Utf8Locale::Impl {};

Utf8Locale::Utf8Locale() = default;
Utf8Locale::~Utf8Locale() = default;

}  // namespace goldhive
