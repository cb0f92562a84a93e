#!/usr/bin/env bash
# Compares the Linux and the Windows program over all fixtures: the same JSON byte for byte, the same
# patched files and undo files byte for byte, and undo gives back the same bytes. Packed WIMs, whose changed
# chunks only Linux packs, are read alike after a patch by either.
#
#   compare.sh GOLDHIVE FIXTURES WINDOWS-COMMAND...
#
# WINDOWS-COMMAND runs goldhive.exe ("env WINEPREFIX=... wine goldhive.exe"). Exit 77 (skipped): a
# program is missing; 1 where GOLDHIVE_NO_SKIPS=1.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
linux=$1
fixtures=$2
shift 2
for program in "$linux" "$fixtures"; do
  [ -x "$program" ] || { echo "skipped: $program is not built"; exit "${GOLDHIVE_NO_SKIPS:-77}"; }
done

top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
# shellcheck disable=SC2034  # for compare_sides.sh
sides=(linux windows) program_linux=("$linux") program_windows=("$@") shown=20
# shellcheck source-path=SCRIPTDIR source=../compare_sides.sh
. "$here/../compare_sides.sh"
# Only the undo files have absolute paths: those made, and those that an undo removed.
normalise() { sed -E 's#("undo": ").*[/\\]#\1#; s#^( *").*[/\\]([^/\\]*\.goldhive-undo[.0-9]*",?)$#\1\2#'; }

make_targets "$fixtures" || exit 1
mkdir "$top/made/archives"
(cd "$top/made/trees/windows-7-sp1-x64" && out=../../archives && name=$'Gr\u00fc\u00dfe \u65e5\u672c.txt' &&
  echo hello >"$name" &&
  tar --sort=name --mtime=@0 -cf $out/plain.tar . && tar --sort=name --mtime=@0 --format=pax -cf $out/pax.tar . &&
  for packer in gzip bzip2 xz zstd; do $packer -kc <$out/plain.tar >$out/packed.$packer; done &&
  zip -qr $out/deflated.zip . && zip -qr0 $out/stored.zip . && 7z a -bso0 -bsp0 $out/seven.7z . &&
  find . | cpio -o -H newc --quiet >$out/new.cpio && rm "$name") || exit 1
mkdir "$top/made/wims"
make_wim() { # NAME OPTIONS...
  local wim=$top/made/wims/$1 tree=$top/made/trees/windows-7-sp1-x64
  shift
  wimlib-imagex capture "$tree" "$wim" First --check "$@" >/dev/null 2>&1 || exit 1
}
if command -v wimlib-imagex >/dev/null; then
  make_wim xpress.wim --compress=XPRESS
  make_wim lzx.wim --compress=LZX
  make_wim lzx-2m.wim --compress=LZX --chunk-size=2M
  make_wim lzms.wim --compress=LZMS
  make_wim solid.esd --solid
  make_wim pipable.wim --pipable
elif [ -n "${GOLDHIVE_NO_SKIPS:-}" ]; then
  echo "wimlib-imagex (package wimtools) is not installed"
  exit 1
fi
mkdir "$top/made/disks"
(PATH=$PATH:/usr/sbin:/sbin && cd "$top/made/disks" && truncate -s 16M volume.raw && mkntfs -F -Q -q volume.raw &&
  "$fixtures" ntfs volume.raw ../trees/windows-7-sp1-x64 && truncate -s 18M mbr.raw &&
  sfdisk -q mbr.raw <<<'start=2048, size=32768, type=7' && dd if=volume.raw of=mbr.raw bs=1M seek=1 conv=notrunc status=none &&
  qemu-img convert -O vpc -o subformat=dynamic,force_size=on volume.raw dynamic.vhd &&
  qemu-img convert -O vpc -o subformat=fixed,force_size=on mbr.raw fixed.vhd &&
  qemu-img convert -O vhdx mbr.raw disk.vhdx) >"$top/log" 2>&1 || { cat "$top/log"; exit 1; }
copy_targets

cd "$top/made" || exit 1
shopt -s nullglob
both scan --format json trees/* hostile/* archives/* wims/* disks/*
both scan --format json --check wims/*
both verify --format json trees/* hostile/*
both plan --format json trees/* archives/* wims/* disks/*
for target in trees/*; do
  both plan --format reg "$target"
done
both patch --format json --no-cross-check --timestamp 2026-01-02T03:04:05Z trees/* archives/* disks/*
same "$top/linux" "$top/windows" "patched files and undo files"
changed=$(diff -rq "$top/made" "$top/linux" | wc -l)
both undo --format json trees/* archives/* disks/*
same "$top/linux" "$top/windows" "files after undo"
same "$top/made" "$top/linux" "files before the patch and after undo"
for wim in wims/*; do
  case $wim in *pipable*) continue ;; esac
  both patch --format json --no-cross-check --timestamp 2026-01-02T03:04:05Z "$wim"
  # Each reads what the other wrote.
  mv "$top/linux/$wim" "$top/swapped" && mv "$top/windows/$wim" "$top/linux/$wim" && mv "$top/swapped" "$top/windows/$wim"
  both scan --format json --check "$wim"
  mv "$top/linux/$wim" "$top/swapped" && mv "$top/windows/$wim" "$top/linux/$wim" && mv "$top/swapped" "$top/windows/$wim"
  both undo --format json "$wim"
  same "$top/made/$wim" "$top/windows/$wim" "$wim before the patch and after undo"
done

targets=$(ls -d trees/* hostile/* archives/* wims/* disks/* | wc -l)
echo "$targets targets compared, $changed files changed by patch, $differences differences"
[ "$differences" = 0 ] && [ "$changed" -gt 0 ]
