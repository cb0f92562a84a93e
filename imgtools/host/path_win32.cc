#include "imgtools/host/path.h"

#include "imgtools/bytes/text.h"

namespace goldhive {

bool is_separator(char c) { return c == '/' || c == '\\'; }

bool is_absolute(const std::string& path) {
  return (!path.empty() && is_separator(path[0])) || (path.size() > 1 && path[1] == ':');
}

bool is_special(char c) { return c == ':'; }  // a drive, or a stream of another file

std::string comparable(const std::string& path) {
  return to_utf8(nt_upcase(to_utf16(with_slashes(path))));
}

}  // namespace goldhive
