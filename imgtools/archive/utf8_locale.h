// Makes UTF-8 the charset of this thread while the object lives, since libarchive converts names to
// the charset of the locale. Does nothing if the system has no such locale.
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
