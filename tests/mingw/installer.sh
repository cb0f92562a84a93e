#!/usr/bin/env bash
# Makes the installer, installs by it silently, runs the program that it has put there, uninstalls.
#
#   installer.sh BUILD-FOLDER VERSION WINE-COMMAND...
set -euo pipefail
build=$1
version=$2
shift 2
command -v makensis >/dev/null || { echo "skipped: makensis (package nsis) is not installed"; exit "${GOLDHIVE_NO_SKIPS:-77}"; }
cpack -G NSIS --config "$build/CPackConfig.cmake" -B "$build/installer" >/dev/null
installer=$(ls "$build"/installer/goldhive-*.exe)
prefix=$(printf '%s\n' "$@" | sed -n 's/^WINEPREFIX=//p')
rm -rf "$prefix/drive_c/goldhive-test"
"$@" "$installer" /S '/D=C:\goldhive-test'
program="$prefix/drive_c/goldhive-test/bin/goldhive.exe"
for _ in $(seq 50); do  # the installer's own process may end before it is done
  [ -f "$program" ] && [ -f "$prefix/drive_c/goldhive-test/Uninstall.exe" ] && break
  sleep 0.2
done
"$@" "$program" --version | tee /dev/stderr | grep -q "^goldhive $version"
"$@" "$prefix/drive_c/goldhive-test/Uninstall.exe" /S
for _ in $(seq 50); do
  [ -f "$program" ] || exit 0
  sleep 0.2
done
echo "the uninstaller left $program"
exit 1
