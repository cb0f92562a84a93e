#include <dlfcn.h>
#include <fmt/format.h>

#include "imgtools/bytes/error.h"
#include "imgtools/host/late_library.h"

namespace goldhive {

LateLibrary::LateLibrary(const char* file, const char* package)
    : file_(file), handle_(::dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
  if (handle_ == nullptr) {
    throw Error(ErrorKind::unsupported,
                fmt::format("needs {}, which cannot be loaded (package {})", file, package));
  }
}

void* LateLibrary::symbol(const char* name) const {
  void* found = ::dlsym(handle_, name);
  if (found == nullptr) {
    throw Error(ErrorKind::unsupported, fmt::format("{} is too old: it has no {}", file_, name));
  }
  return found;
}

}  // namespace goldhive
