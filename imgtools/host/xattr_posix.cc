#include "imgtools/host/xattr.h"

#include "imgtools/bytes/error.h"

namespace goldhive {

// POSIX has no extended attributes, and each system that has them has calls of its own.
void copy_extended_attributes(int, int, const std::string&) {}

std::string read_capability(int) { return ""; }

void write_capability(int, const std::string&) {}

ChangeMark read_change_mark(int) { return {}; }

void write_change_mark(int, const std::string&, const std::string& name) {
  throw Error(ErrorKind::io, "cannot be marked: not known how on this system", name);
}

}  // namespace goldhive
