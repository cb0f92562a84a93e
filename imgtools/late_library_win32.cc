#include <fmt/format.h>
#include <windows.h>

#include "imgtools/error.h"
#include "imgtools/late_library.h"

namespace goldhive {

LateLibrary::LateLibrary(const char* file, const char* package)
    : file_(file), handle_(reinterpret_cast<void*>(::LoadLibraryA(file))) {
  if (handle_ == nullptr) {
    throw Error(ErrorKind::unsupported,
                fmt::format("needs {}, which cannot be loaded ({})", file, package));
  }
}

void* LateLibrary::symbol(const char* name) const {
  void* found = reinterpret_cast<void*>(::GetProcAddress(reinterpret_cast<HMODULE>(handle_), name));
  if (found == nullptr) {
    throw Error(ErrorKind::unsupported, fmt::format("{} is too old: it has no {}", file_, name));
  }
  return found;
}

}  // namespace goldhive
