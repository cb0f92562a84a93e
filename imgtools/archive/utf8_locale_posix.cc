#include <locale.h>
#if __has_include(<xlocale.h>)
#include <xlocale.h>  // macOS and the BSDs declare the locale of a thread here
#endif

#include "imgtools/archive/utf8_locale.h"

namespace goldhive {

struct Utf8Locale::Impl {
  locale_t before;
};

namespace {

/// Made once and never freed: other threads may still use it when the process ends.
locale_t utf8() {
  static const locale_t made = [] {
    for (const char* name : {"C.UTF-8", "C.utf8", "en_US.UTF-8"}) {
      if (const locale_t found = ::newlocale(LC_CTYPE_MASK, name, nullptr)) return found;
    }
    return locale_t{};
  }();
  return made;
}

}  // namespace

Utf8Locale::Utf8Locale() {
  if (utf8() != locale_t{}) impl_.reset(new Impl{::uselocale(utf8())});
}

Utf8Locale::~Utf8Locale() {
  if (impl_) ::uselocale(impl_->before);
}

}  // namespace goldhive
