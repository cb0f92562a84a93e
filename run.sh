#!/usr/bin/env bash
# Installs what is missing, builds goldhive, runs it with the arguments given. Without arguments it
# makes a sample Windows 7 image and scans, plans, patches and rescans it.
set -euo pipefail
top=$(cd "$(dirname "$0")" && pwd)
build=$top/build/release

"$top/cmake/packages.sh" build
log=$build/build.log
mkdir -p "$build"
if ! { (cd "$top" && cmake --preset release -DGOLDHIVE_TESTS=OFF) && cmake --build "$build"; } \
    >"$log" 2>&1; then
  tail -40 "$log" >&2
  echo "The build failed; the whole log is $log" >&2
  exit 2
fi
goldhive=$build/goldhive

if [ $# -gt 0 ]; then
  exec "$goldhive" "$@"
fi

sample=$(mktemp -d)
trap 'rm -rf "$sample"' EXIT
image=win7
"$build/fixtures/goldhive-fixtures" make windows-7-sp1-x64 "$sample/$image"
cd "$sample"
step() {
  printf '\n$ goldhive %s\n' "$*"
  "$goldhive" "$@" || printf '(exit %d)\n' $?
}
echo "A sample Windows 7 SP1 image, as it comes from the installation disc:"
step scan "$image"
step plan "$image"
step patch "$image"
step scan "$image"
step undo "$image"
