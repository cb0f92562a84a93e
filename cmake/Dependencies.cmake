# Every third-party library, why it is here, and the Debian package that holds it. Nothing else in
# the project calls find_package or pkg_check_modules.
#
# A dependency is used through its dep:: target only. The optional ones set GOLDHIVE_WITH_<NAME>;
# `goldhive --version` lists what a build lacks.
#
# cmake/packages.sh installs what the "package" lines name: plain ones for the build, "(test)" for
# the tests, "(mingw)" for the Windows program, "(ci)" for .ci/run alone.
#
# The build itself:
# package: g++ cmake ninja-build pkg-config
#
# For Windows (preset mingw) there is the cross compiler, and Debian has libgcrypt and zlib. The other
# libraries are made by cmake/mingw/build_libraries.sh from Debian's sources; what it makes is found
# by the same calls as below. wine runs the tests, NSIS makes the installer.
# package(mingw): g++-mingw-w64-x86-64-posix libgcrypt-mingw-w64-dev libgpg-error-mingw-w64-dev
# package(mingw): libz-mingw-w64-dev dpkg-dev make wine wine64 nsis
if(MINGW AND CMAKE_CROSSCOMPILING)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/cmake/mingw/build_libraries.sh
                  ${GOLDHIVE_MINGW_LIBRARIES} COMMAND_ERROR_IS_FATAL ANY)
endif()
find_package(PkgConfig)

# goldhive_library(<name> <version> <what is lost without it>): one line of `goldhive --version`; an
# empty version means that this build lacks the library.
set(GOLDHIVE_LIBRARIES "")
macro(goldhive_library name version purpose)
  string(APPEND GOLDHIVE_LIBRARIES "    {\"${name}\", \"${version}\", \"${purpose}\"},\n")
endmacro()

# goldhive_late_library(<name> <pkg-config module>): an optional library that is loaded when it is
# first needed: its dep:: target gives headers and the means to load it, and links nothing. Elsewhere
# than on Linux, where files of libraries have other names, it is linked as usual.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(late ON)
else()
  set(late OFF)
endif()
option(GOLDHIVE_LATE_LOADING "Load libraries of single formats when first needed" ${late})
macro(goldhive_late_library name module)
  string(TOUPPER ${name} upper)
  pkg_check_modules(${upper} IMPORTED_TARGET ${module})
  set(GOLDHIVE_WITH_${upper} ${${upper}_FOUND})
  if(${upper}_FOUND)
    goldhive_late_target(${name} "${${upper}_INCLUDE_DIRS}" PkgConfig::${upper})
  endif()
endmacro()
function(goldhive_late_target name include_dirs library)
  add_library(dep_${name} INTERFACE)
  if(GOLDHIVE_LATE_LOADING)
    target_include_directories(dep_${name} SYSTEM INTERFACE ${include_dirs})
    target_link_libraries(dep_${name} INTERFACE ${CMAKE_DL_LIBS})
  else()
    target_link_libraries(dep_${name} INTERFACE ${library})
  endif()
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

# A release for Linux holds in itself those libraries that come as archives or as headers: each shared
# one costs every start some fifteen page faults and ten system calls. Elsewhere, with a sanitizer,
# and for whoever wants their security updates from the system, they are linked as usual.
set(contained OFF)
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT GOLDHIVE_SANITIZE)
  set(contained ON)
endif()
option(GOLDHIVE_CONTAINED "Link what comes as an archive statically" ${contained})

# goldhive_contained_target(<name> <target> <archive>...): dep::<name> is the archives in a contained
# build, if all are there, else the target.
function(goldhive_contained_target name target)
  set(archives "")
  if(GOLDHIVE_CONTAINED)
    foreach(file IN LISTS ARGN)
      find_library(GOLDHIVE_ARCHIVE_${file} ${file})
      mark_as_advanced(GOLDHIVE_ARCHIVE_${file})
      list(APPEND archives ${GOLDHIVE_ARCHIVE_${file}})
    endforeach()
  endif()
  if(GOLDHIVE_CONTAINED AND NOT archives MATCHES NOTFOUND)
    add_library(dep_${name} INTERFACE)
    target_include_directories(dep_${name} SYSTEM INTERFACE
                               $<TARGET_PROPERTY:${target},INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(dep_${name} INTERFACE ${archives})
    add_library(dep::${name} ALIAS dep_${name})
  else()
    add_library(dep::${name} ALIAS ${target})
  endif()
endfunction()

# What can be used as headers alone need not have been compiled for the standard library of this
# build (preset libcxx).
option(GOLDHIVE_HEADER_ONLY "Use libraries of C++ as headers where they can be" OFF)

# dep::fmt - text formatting; std::format is missing from the compilers we support.
# package: libfmt-dev
find_package(fmt REQUIRED)
if(GOLDHIVE_HEADER_ONLY)
  add_library(dep::fmt ALIAS fmt::fmt-header-only)
else()
  add_library(dep::fmt ALIAS fmt::fmt)
endif()
goldhive_library(fmt "${fmt_VERSION}" "")

# dep::json - JSON reports, plan files.
# package: nlohmann-json3-dev
find_package(nlohmann_json REQUIRED)
add_library(dep::json ALIAS nlohmann_json::nlohmann_json)
goldhive_library(nlohmann-json "${nlohmann_json_VERSION}" "")

# dep::cli - the command line parser of src/cli.
# package: libcli11-dev
find_package(CLI11 REQUIRED)
add_library(dep::cli ALIAS CLI11::CLI11)
goldhive_library(CLI11 "${CLI11_VERSION}" "")

# dep::toml - policy files (TOML), with line and column of errors.
# package: libtomlplusplus-dev
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
if(GOLDHIVE_CONTAINED OR GOLDHIVE_HEADER_ONLY)
  add_library(dep_toml INTERFACE)
  target_compile_definitions(dep_toml INTERFACE TOML_HEADER_ONLY=1)
  target_include_directories(dep_toml SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE_DIRS})
  add_library(dep::toml ALIAS dep_toml)
else()
  add_library(dep::toml ALIAS PkgConfig::TOMLPLUSPLUS)
endif()
goldhive_library(toml++ "${TOMLPLUSPLUS_VERSION}" "")

# dep::hash - SHA-256 (`--hash`, journals) and SHA-1 (WIM blobs).
# package: libgcrypt20-dev
pkg_check_modules(GCRYPT REQUIRED IMPORTED_TARGET libgcrypt)
goldhive_contained_target(hash PkgConfig::GCRYPT libgcrypt.a libgpg-error.a)
goldhive_library(libgcrypt "${GCRYPT_VERSION}" "")

# dep::threads - work side by side: the two opinions on an edited hive.
find_package(Threads REQUIRED)
add_library(dep::threads ALIAS Threads::Threads)

# dep::hivex - the second opinion on every edited hive, and the oracle of the reader's tests.
# package: libhivex-dev
pkg_check_modules(HIVEX IMPORTED_TARGET hivex)
set(GOLDHIVE_WITH_HIVEX ${HIVEX_FOUND})
if(HIVEX_FOUND)
  goldhive_contained_target(hivex PkgConfig::HIVEX libhivex.a)
endif()
goldhive_library(hivex "${HIVEX_VERSION}" "no second reading of a patched hive before it is written")

# dep::ntfs - changes of files of NTFS volumes that are more than other bytes in their clusters, and the
# oracle of the reader's tests. GOLDHIVE_WITH_NTFS=OFF makes a build as where it is not installed.
# package: ntfs-3g-dev
pkg_check_modules(NTFS IMPORTED_TARGET libntfs-3g)
if(NOT DEFINED GOLDHIVE_WITH_NTFS)
  set(GOLDHIVE_WITH_NTFS ${NTFS_FOUND})
endif()
if(GOLDHIVE_WITH_NTFS)
  goldhive_contained_target(ntfs PkgConfig::NTFS libntfs-3g.a)
else()
  set(NTFS_VERSION "")
endif()
goldhive_library(libntfs-3g "${NTFS_VERSION}" "no hive of a disk can grow, or change where NTFS compresses it: attach or mount the disk")

# dep::archive - tar, zip, 7z and cpio archives, and the packing of tars. Loaded late.
# package: libarchive-dev
goldhive_late_library(archive libarchive)
goldhive_library(libarchive "${ARCHIVE_VERSION}" "no archives (tar, zip, 7z, cpio)")

# dep::zlib - gzip, since libarchive verifies none of its checksums; libarchive brings it along.
# Loaded late.
# package: zlib1g-dev
find_package(ZLIB)
if(ZLIB_FOUND)
  goldhive_late_target(zlib "${ZLIB_INCLUDE_DIRS}" ZLIB::ZLIB)
else()
  set(GOLDHIVE_WITH_ARCHIVE OFF)
endif()
goldhive_library(zlib "${ZLIB_VERSION_STRING}" "no archives (tar, zip, 7z, cpio)")

# dep::nbd - VMDK, qcow2 and VDI, read by a qemu-nbd child; qemu-utils is used at run time only, and
# so is libnbd itself: see imgtools/host/late_library.h. The child is bound to us by means of Linux.
# package: libnbd-dev qemu-utils
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  goldhive_late_library(nbd libnbd)
endif()
goldhive_library(libnbd "${NBD_VERSION}" "no VMDK, qcow2 and VDI disks")

# dep::xml - the XML in a WIM: names, editions and architectures of its images.
# package: libpugixml-dev
find_package(pugixml REQUIRED)
goldhive_contained_target(xml pugixml::pugixml libpugixml.a)
goldhive_library(pugixml "${pugixml_VERSION}" "")

# dep::wim - packs what a patch changes in WIM and ESD files; what is packed we read ourselves. The judge of
# that in tests. Loaded late.
# package: libwim-dev
# (Not by pkg-config: wimlib.pc asks for fuse.pc, which Debian's libwim-dev does not bring along.)
find_path(WIM_INCLUDE_DIR wimlib.h)
find_library(WIM_LIBRARY wim)
set(GOLDHIVE_WITH_WIM OFF)
set(WIM_VERSION "")
if(WIM_INCLUDE_DIR AND WIM_LIBRARY)
  set(GOLDHIVE_WITH_WIM ON)
  file(STRINGS ${WIM_INCLUDE_DIR}/wimlib.h WIM_VERSION REGEX "define WIMLIB_[MP][A-Z]+_VERSION [0-9]+")
  list(TRANSFORM WIM_VERSION REPLACE "^.* " "")
  string(REPLACE ";" "." WIM_VERSION "${WIM_VERSION}")
  goldhive_late_target(wim ${WIM_INCLUDE_DIR} ${WIM_LIBRARY})
endif()
goldhive_library(libwim "${WIM_VERSION}" "what a patch changes in a WIM or ESD is stored unpacked")

# dep::catch - the test framework (Catch2, version 2 as in Debian 12).
# package(test): catch2
if(GOLDHIVE_TESTS)
  find_package(Catch2 2 REQUIRED)
  add_library(dep::catch ALIAS Catch2::Catch2)

  find_package(Python3 COMPONENTS Interpreter)
endif()

# Validates golden JSON reports against docs/report.schema.json; without it that test is skipped.
# package(test): python3-jsonschema

# xmllint reads golden JUnit reports by tests/report/junit.xsd; without it that test is skipped.
# package(test): libxml2-utils

# Judges of the disk tests: other people's programs that make and check containers, partitions and
# file systems. A test whose judge is missing is skipped (tests/skip.h).
# package(test): fdisk gdisk dosfstools exfatprogs e2fsprogs ntfs-3g
#
# Makers of ISO images.
# package(test): genisoimage xorriso
#
# The maker of evidence: E01.
# package(test): ewf-tools
#
# The judge of the WIM tests, and the maker of their WIMs.
# package(test): wimtools

# Makers and judges of archives, likewise.
# package(test): libarchive-tools zip unzip p7zip-full cpio xz-utils bzip2 zstd

# Habits of .ci/run: the style and the lints (cmake/tidy.sh asks git what has changed), clang with its
# sanitizers and libFuzzer, and llvm, without which what they find has no names and no lines.
# package(ci): clang-format clang-tidy git clang libclang-rt-14-dev llvm
