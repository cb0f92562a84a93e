#!/usr/bin/env bash
# The Windows program on paths that only Windows has: whole drives, slashes of both kinds, spellings
# that differ in case, more than 260 characters, names in several scripts on the command line and in
# lists.
#
#   paths.sh FIXTURES WINDOWS-COMMAND...
#
# Exit 77 (skipped): FIXTURES is missing; 1 where GOLDHIVE_NO_SKIPS=1.
set -euo pipefail
fixtures=$1
shift
windows=("$@")
[ -x "$fixtures" ] || { echo "skipped: $fixtures is not built"; exit "${GOLDHIVE_NO_SKIPS:-77}"; }
devices=$(printf '%s\n' "$@" | sed -n 's/^WINEPREFIX=//p')/dosdevices

top=$(mktemp -d)
trap 'rm -rf "$top" "$devices/r:" "$devices/s:"' EXIT
long=$(printf 'x%.0s' {1..120})/$(printf 'y%.0s' {1..120})/$(printf 'z%.0s' {1..60})
name=$'\u041e\u0431\u0440\u0430\u0437 \u65e5\u672c \U0001f41d'
"$fixtures" make windows-7-sp1-x64 "$top/drive" >/dev/null
mkdir -p "$top/folders/$long"
cp -r "$top/drive" "$top/folders/$long/$name"
cp -r "$top/drive" "$top/original"
ln -sfn "$top/drive" "$devices/r:"
ln -sfn "$top/folders" "$devices/s:"
cd "$top"

# run CODE ARGUMENTS...: what the program says is in $top/said.
run() {
  local wanted=$1 code=0
  shift
  "${windows[@]}" "$@" >"$top/said" 2>&1 || code=$?
  [ "$code" = "$wanted" ] || { echo "goldhive $*: exit $code, not $wanted"; cat "$top/said"; exit 1; }
}
same() {
  diff -r "$top/original" "$1" || { echo "$2"; exit 1; }
}

for drive in 'R:\' 'r:' 'R:/' '\\?\R:\'; do
  run 1 scan "$drive"
done
run 1 patch 'R:\'
[ "$(ls -A drive)" = "$(ls -A original)" ] || { echo "a patch left something in the drive"; exit 1; }
run 0 undo r:
same drive "an undo of a whole drive is not exact"

folder='S:\'${long//\//\\}'\'$name
run 1 scan "$folder"
grep -qF "$name" said || { echo "the name is not printed as UTF-8"; cat said; exit 1; }
printf '\xef\xbb\xbf%s\r\n' "$folder" >list.txt
run 1 scan @list.txt
run 1 scan - <list.txt
run 1 patch "${folder/S:/s:}"
run 0 undo "s:/${long^^}/$name/"
same "folders/$long/$name" "an undo by another spelling is not exact"
[ "$(ls "folders/$long")" = "$name" ] || { echo "an undo left something"; ls "folders/$long"; exit 1; }
echo "drives, long paths, scripts and spellings: as they should be"
