// A shared library that is loaded when something first needs it, not when goldhive starts.
//
// Why: most runs open one kind of image. libnbd alone brings fourteen more libraries (TLS, XML,
// Unicode tables), whose loading took two thirds of the time of a whole scan of a hive. Only
// libraries that are costly to load and needed for some images only are used this way; their
// headers still say what the functions look like.
//
// Elsewhere than on Linux (GOLDHIVE_LATE_LOADING in CMake) they are linked like any other.
#pragma once

#include <string>

namespace goldhive {

class LateLibrary {
 public:
  /// Loads `file` (its name with the ABI version: "libnbd.so.0") for the rest of the process's
  /// life. `package` is what to install if it is missing. Throws Error(unsupported) if it is.
  LateLibrary(const char* file, const char* package);

  /// The function `name`, of type `Function` (`decltype(nbd_create)`). Throws Error(unsupported) if
  /// the library is too old to have it.
  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;

  std::string file_;
  void* handle_ = nullptr;
};

// GOLDHIVE_LATE_LIBRARY(library, file, package) names the library of a file, and then
// GOLDHIVE_LATE_FUNCTION(library, name) defines a `name` that calls its function of that name: what
// is called in this way reads like any other call, and is one in a build that links its libraries.
#ifdef GOLDHIVE_LATE_LOADING
#define GOLDHIVE_LATE_LIBRARY(library, file, package) \
  const LateLibrary& library() {                      \
    static const LateLibrary loaded(file, package);   \
    return loaded;                                    \
  }                                                   \
  static_assert(true)
#define GOLDHIVE_LATE_FUNCTION(library, name)                                       \
  constexpr auto name = [](auto... arguments) {                                     \
    static auto* const late_function = library().function<decltype(::name)>(#name); \
    return late_function(arguments...);                                             \
  }
#else
#define GOLDHIVE_LATE_LIBRARY(library, file, package) static_assert(true)
#define GOLDHIVE_LATE_FUNCTION(library, name) using ::name
#endif

}  // namespace goldhive
