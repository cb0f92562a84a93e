#include "imgtools/host/path.h"

namespace goldhive {

bool is_separator(char c) { return c == '/'; }

bool is_absolute(const std::string& path) { return path.starts_with('/'); }

bool is_special(char) { return false; }

std::string comparable(const std::string& path) { return path; }

}  // namespace goldhive
