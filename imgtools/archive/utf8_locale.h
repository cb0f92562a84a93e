// UTF-8 as the charset of this thread while it lives: libarchive turns names into the charset of
// the locale. Does nothing where the system has no such locale.
#pragma once

#include <memory>

namespace goldhive {

class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace goldhive
