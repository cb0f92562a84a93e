// A directory of its own for one test, removed with all that is in it.
#pragma once

#include <cstdint>
#include <string>

#include "imgtools/bytes/bytes.h"

namespace goldhive::testing {

class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  /// "<path>/<name>"; with `name` a relative path, '/' between the parts.
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  /// Writes a file, with the directories above it; returns its full path.
  std::string write(const std::string& name, const Bytes& data) const;
  std::string write(const std::string& name, const std::string& text) const;
  void make_directory(const std::string& name) const;
  Bytes read(const std::string& name) const;
  bool exists(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace goldhive::testing
