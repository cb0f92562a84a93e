#!/usr/bin/env bash
# Compares the Linux and the Windows program over all fixtures: the same JSON byte for byte, the same
# patched files and undo files byte for byte, and undo gives back the same bytes. Each side works in
# a copy of its own, so the paths in the reports are the same.
#
#   compare.sh GOLDHIVE FIXTURES WINDOWS-COMMAND...
#
# WINDOWS-COMMAND runs goldhive.exe ("env WINEPREFIX=... wine goldhive.exe"). Exit 77 (skipped): a
# program is missing; 1 where GOLDHIVE_NO_SKIPS=1.
set -uo pipefail
linux=$1
fixtures=$2
shift 2
windows=("$@")
for program in "$linux" "$fixtures"; do
  [ -x "$program" ] || { echo "skipped: $program is not built"; exit "${GOLDHIVE_NO_SKIPS:-77}"; }
done

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
mkdir "$top/made"
"$fixtures" make-all "$top/made/trees" >/dev/null || exit 1
"$fixtures" hostile "$top/made/hostile" >/dev/null || exit 1
mkdir "$top/made/archives"
(cd "$top/made/trees/windows-7-sp1-x64" && out=../../archives && name=$'Gr\u00fc\u00dfe \u65e5\u672c.txt' &&
  echo hello >"$name" &&
  tar --sort=name --mtime=@0 -cf $out/plain.tar . && tar --sort=name --mtime=@0 --format=pax -cf $out/pax.tar . &&
  for packer in gzip bzip2 xz zstd; do $packer -kc <$out/plain.tar >$out/packed.$packer; done &&
  zip -qr $out/deflated.zip . && zip -qr0 $out/stored.zip . && 7z a -bso0 -bsp0 $out/seven.7z . &&
  find . | cpio -o -H newc --quiet >$out/new.cpio && rm "$name") || exit 1
cp -r "$top/made" "$top/linux"
cp -r "$top/made" "$top/windows"

bad=0
# both ARGUMENTS...: runs both programs, compares what they print and their exit codes. Only the undo
# files have absolute paths.
both() {
  run linux "$linux" "$@"
  run windows "${windows[@]}" "$@"
  cmp -s "$top/out.linux" "$top/out.windows" && return
  bad=$((bad + 1))
  echo "DIFFERS: goldhive $*" | cut -c1-200
  diff -a "$top/out.linux" "$top/out.windows" | head -20
}
run() {
  local side=$1
  shift
  (cd "$top/$side" && "$@" 2>"$top/err.$side" | sed -E 's#("undo": ").*[/\\]#\1#'
    echo "exit ${PIPESTATUS[0]}") >"$top/out.$side"
}
# same FOLDER FOLDER WHAT: the same files with the same bytes
same() {
  diff -r "$1" "$2" >"$top/diff" && return
  bad=$((bad + 1))
  echo "DIFFERS: $3"
  head -6 "$top/diff"
}

cd "$top/made" || exit 1
both scan --format json trees/* hostile/* archives/*
both verify --format json trees/* hostile/*
both plan --format json trees/* archives/*
for target in trees/*; do
  both plan --format reg "$target"
done
both patch --format json --no-cross-check --timestamp 2026-01-02T03:04:05Z trees/* archives/*
same "$top/linux" "$top/windows" "patched files and undo files"
changed=$(diff -rq "$top/made" "$top/linux" | wc -l)
both undo --format json trees/* archives/*
same "$top/linux" "$top/windows" "files after undo"
same "$top/made" "$top/linux" "files before the patch and after undo"

targets=$(ls -d trees/* hostile/* archives/* | wc -l)
echo "$targets targets compared, $changed files changed by patch, $bad differences"
[ "$bad" = 0 ] && [ "$changed" -gt 0 ]
