# Windows by Debian's mingw-w64: 64-bit, posix threads (std::thread), Windows 7 and later.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(triplet x86_64-w64-mingw32)
set(CMAKE_C_COMPILER ${triplet}-gcc-posix)
set(CMAKE_CXX_COMPILER ${triplet}-g++-posix)
set(CMAKE_RC_COMPILER ${triplet}-windres)

# Only what was made for Windows is ever found: never glibc's headers or ELF libraries. Programs are
# the host's.
set(GOLDHIVE_MINGW_LIBRARIES ${CMAKE_CURRENT_LIST_DIR}/../../build/mingw-libraries
    CACHE PATH "Where build_libraries.sh puts its work")
set(CMAKE_FIND_ROOT_PATH ${GOLDHIVE_MINGW_LIBRARIES} /usr/${triplet})
set(CMAKE_PREFIX_PATH ${GOLDHIVE_MINGW_LIBRARIES})
set(ENV{PKG_CONFIG_LIBDIR} ${GOLDHIVE_MINGW_LIBRARIES}/lib/pkgconfig)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# One program that needs no DLL but Windows' own; the oldest Windows it starts on.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static")
set(windows_7 "-D_WIN32_WINNT=0x0601")
set(CMAKE_C_FLAGS_INIT "${windows_7}")
set(CMAKE_CXX_FLAGS_INIT "${windows_7}")

