#!/usr/bin/env bash
# Makes the libraries for Windows that Debian has no mingw package of, from Debian's source
# packages, and puts them with the header-only ones into one prefix. Does nothing if that was done.
#
#   build_libraries.sh PREFIX
#
# The sources come from the archives this machine installs from, by lists of our own: neither
# /etc/apt nor the system's lists are touched. Debian's patches are applied (dpkg-source does it).
#
# hivex, wimlib and libntfs-3g are not among them: their source packages cannot be had (their
# upstream tarballs are gone from the archives), and goldhive works without.
set -euo pipefail
prefix=$1
mingw=/usr/x86_64-w64-mingw32
here=$(cd "$(dirname "$0")" && pwd)
script=$here/$(basename "$0")
stamp=$prefix/built-by
[ "$(cat "$stamp" 2>/dev/null)" != "$(sha256sum <"$script")" ] || exit 0

work=$prefix.work
rm -rf "$prefix" "$work"
mkdir -p "$prefix/include" "$prefix/lib" "$work"
cd "$work"

# cmake_package NAME VERSION TARGET DEFINITIONS LIBRARIES: what find_package(NAME) reads.
cmake_package() {
  local folder=$prefix/lib/cmake/$1
  mkdir -p "$folder"
  cat >"$folder/$1Config.cmake" <<END
set($1_VERSION $2)
add_library($3 INTERFACE IMPORTED)
target_include_directories($3 INTERFACE "$prefix/include")
target_compile_definitions($3 INTERFACE $4)
target_link_libraries($3 INTERFACE $5)
END
  cat >"$folder/$1ConfigVersion.cmake" <<END
set(PACKAGE_VERSION $2)
set(PACKAGE_VERSION_COMPATIBLE TRUE)
END
}

# pkgconfig_module NAME VERSION CFLAGS LIBS: what pkg-config reads.
pkgconfig_module() {
  mkdir -p "$prefix/lib/pkgconfig"
  cat >"$prefix/lib/pkgconfig/$1.pc" <<END
Name: $1
Description: $1 for Windows
Version: $2
Cflags: -I$prefix/include $3
Libs: -L$prefix/lib $4
END
}

version_of() { dpkg-query -W -f='${source:Upstream-Version}' "$1"; }

# Header-only libraries, one by one: all of /usr/include would bring glibc's headers.
for headers in CLI nlohmann fmt toml++ catch2; do
  ln -s "/usr/include/$headers" "$prefix/include/$headers"
done
cmake_package fmt "$(version_of libfmt-dev)" fmt::fmt FMT_HEADER_ONLY ""
cmake_package nlohmann_json "$(version_of nlohmann-json3-dev)" nlohmann_json::nlohmann_json "" ""
cmake_package CLI11 "$(version_of libcli11-dev)" CLI11::CLI11 "" ""
cmake_package Catch2 "$(version_of catch2)" Catch2::Catch2 "" ""
echo 'list(APPEND CMAKE_MODULE_PATH /usr/lib/cmake/Catch2)' \
  >>"$prefix/lib/cmake/Catch2/Catch2Config.cmake"
pkgconfig_module tomlplusplus "$(version_of libtomlplusplus-dev)" "" ""

# Static libraries only: beside an import library the linker would take that, and want its DLL.
cp $mingw/lib/lib{z,gcrypt,gpg-error}.a "$prefix/lib"
cp $mingw/include/{zlib,zconf,gcrypt,gpg-error}.h "$prefix/include"
pkgconfig_module libgcrypt "$(version_of libgcrypt-mingw-w64-dev)" "" "-lgcrypt -lgpg-error -lws2_32"

mkdir -p apt/parts apt/lists/partial
for list in /etc/apt/sources.list.d/*.sources; do
  [ -e "$list" ] || continue
  { sed 's/^Types:.*/Types: deb-src/' "$list"; echo; } >>apt/parts/source.sources
done
cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
  sed -n 's/^deb /deb-src /p' >apt/parts/source.list || true
ours=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/apt/parts"
  -o "Dir::State::lists=$work/apt/lists" -o Dir::Cache::srcpkgcache= -o Dir::Cache::pkgcache=
  -o APT::Sandbox::User=)
apt-get "${ours[@]}" update || true  # what is missing is told by the next lines

# source_versions PACKAGE: the versions that the lists name, the newest first.
source_versions() {
  apt-cache "${ours[@]}" showsrc --only-source "$1" 2>/dev/null |
    sed -n 's/^Version: //p' | sort -u | sort_by_dpkg
}

# sort_by_dpkg: versions on standard input, the newest first, in dpkg's own order, which sort(1) does
# not know.
sort_by_dpkg() {
  local sorted=() version i
  while read -r version; do
    for ((i = 0; i < ${#sorted[@]}; i++)); do
      dpkg --compare-versions "$version" gt "${sorted[i]}" && break
    done
    sorted=("${sorted[@]:0:i}" "$version" "${sorted[@]:i}")
  done
  [ ${#sorted[@]} -eq 0 ] || printf '%s\n' "${sorted[@]}"
}

# fetch_source PACKAGE: downloads the newest version that can be had. A list can name one whose files
# are gone from the archive: an archive that is copied now and then lists updates it does not hold.
fetch_source() {
  local version tried=()
  for version in $(source_versions "$1"); do
    if apt-get "${ours[@]}" source --download-only "$1=$version" >"fetch-$1.log" 2>&1; then
      if [ ${#tried[@]} -gt 0 ]; then
        echo "$1: took version $version: the archive lists ${tried[*]} but does not have its files"
      else
        echo "$1: took version $version, the newest"
      fi
      return
    fi
    rm -f "$1"_*  # what arrived of it
    tried+=("$version")
  done
  echo "$1: no version of its source can be had (the archive lists: ${tried[*]:-none}); apt said:" >&2
  cat "fetch-$1.log" >&2 2>/dev/null || true
  return 1
}

for package in libarchive xz-utils libzstd bzip2 pugixml; do
  fetch_source "$package"
done
for package in *.dsc; do
  dpkg-source --no-check -x "$package" "src-${package%%_*}" >/dev/null  # apt has checked it
done

configure() {  # configure NAME SOURCE OPTIONS...
  local name=$1 source=$2
  shift 2
  cmake -G Ninja -S "$source" -B "build-$name" -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" \
    -DCMAKE_FIND_ROOT_PATH="$prefix;$mingw" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_INSTALL_PREFIX="$prefix" -DBUILD_SHARED_LIBS=OFF "$@"
}

source_version() { basename ./"$1"_*.dsc | sed -E 's/^[^_]*_//; s/[-+].*//'; }

# bzip2 has a makefile of its own only.
make -C src-bzip2 -j2 CC=x86_64-w64-mingw32-gcc-posix AR=x86_64-w64-mingw32-ar \
  RANLIB=x86_64-w64-mingw32-ranlib libbz2.a
cp src-bzip2/libbz2.a "$prefix/lib"
cp src-bzip2/bzlib.h "$prefix/include"

x86_64-w64-mingw32-g++-posix -O2 -c src-pugixml/src/pugixml.cpp -o pugixml.o
x86_64-w64-mingw32-ar rcs "$prefix/lib/libpugixml.a" pugixml.o
cp src-pugixml/src/pugixml.hpp src-pugixml/src/pugiconfig.hpp "$prefix/include"
cmake_package pugixml "$(source_version pugixml)" pugixml::pugixml "" "$prefix/lib/libpugixml.a"

configure xz src-xz-utils
cmake --build build-xz --target liblzma
cp build-xz/liblzma.a "$prefix/lib"
cp -r src-xz-utils/src/liblzma/api/lzma.h src-xz-utils/src/liblzma/api/lzma "$prefix/include"

configure zstd src-libzstd/build/cmake -DZSTD_BUILD_PROGRAMS=OFF -DZSTD_BUILD_SHARED=OFF \
  -DZSTD_LEGACY_SUPPORT=OFF -DZSTD_MULTITHREAD_SUPPORT=OFF
cmake --build build-zstd --target libzstd_static
cp build-zstd/lib/libzstd.a "$prefix/lib"
cp src-libzstd/lib/zstd.h src-libzstd/lib/zstd_errors.h "$prefix/include"

# What its configuration would run a program for is told: ZLIB_WINAPI is a calling convention of DLLs
# (and CMake 3.25 dies of that test). LZMA_API_STATIC keeps it from looking for a DLL.
configure libarchive src-libarchive -DENABLE_TEST=OFF -DENABLE_TAR=OFF -DENABLE_CPIO=OFF \
  -DENABLE_CAT=OFF -DENABLE_OPENSSL=OFF -DENABLE_LIBXML2=OFF -DENABLE_EXPAT=OFF -DENABLE_CNG=OFF \
  -DENABLE_ICONV=OFF -DENABLE_LZ4=OFF -DENABLE_LIBB2=OFF -DENABLE_PCREPOSIX=OFF -DENABLE_LZO=OFF \
  -DENABLE_WERROR=OFF -DZLIB_WINAPI_EXITCODE=1 -DZLIB_WINAPI_EXITCODE__TRYRUN_OUTPUT= \
  -DCMAKE_C_FLAGS=-DLZMA_API_STATIC \
  -DZLIB_LIBRARY="$prefix/lib/libz.a" -DZLIB_INCLUDE_DIR="$prefix/include" \
  -DBZIP2_LIBRARIES="$prefix/lib/libbz2.a" -DBZIP2_INCLUDE_DIR="$prefix/include" \
  -DLIBLZMA_LIBRARY="$prefix/lib/liblzma.a" -DLIBLZMA_INCLUDE_DIR="$prefix/include" \
  -DLIBLZMA_HAS_AUTO_DECODER=ON -DLIBLZMA_HAS_EASY_ENCODER=ON -DLIBLZMA_HAS_LZMA_PRESET=ON \
  -DZSTD_LIBRARY="$prefix/lib/libzstd.a" -DZSTD_INCLUDE_DIR="$prefix/include"
cmake --build build-libarchive --target archive_static
cp build-libarchive/libarchive/libarchive_static.a "$prefix/lib/libarchive.a"
cp src-libarchive/libarchive/archive.h src-libarchive/libarchive/archive_entry.h "$prefix/include"
pkgconfig_module libarchive "$(source_version libarchive)" -DLIBARCHIVE_STATIC \
  "-larchive -llzma -lzstd -lbz2 -lz -lbcrypt"

cd "$prefix"
rm -rf "$work"
sha256sum <"$script" >"$stamp"
