#!/usr/bin/env bash
# `goldhive scan` and `patch` of a disk image beside what else reads and writes hives in one without
# a virtual machine:
#
#   nbdfuse   qemu-nbd shows the partition, nbdfuse makes it a file, ntfs-3g mounts that, hivexget
#             and hivexregedit work on the mounted hives (both mounts need FUSE)
#   TSK       ifind finds the hives, icat copies them out, hivexget reads the copies; reads only
#
# The disk: 10 GB, a dynamic VHD, one NTFS volume with a Windows 7, a SOFTWARE of 67 MB, 4,000 other
# files. The same as raw images of 10 and of 200 GB, sparse, to see whether size costs anything.
# Ratios are of the minimums: on a machine that has other work they are steadier than the medians.
#
#   tests/bench/disk.sh BUILD_DIR [RUNS]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-15}
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
# shellcheck source-path=SCRIPTDIR source=measure.sh
. "$here/measure.sh"
have hyperfine || exit 1
disk_tools

GB=$((1 << 30))
vhd=$work/disk.vhd raw=$work/disk.raw large=$work/large.raw
windows_tree "$work/tree" "$(software_hive 67)" 4000
raw_disk "$raw" $((10 * GB)) "$work/tree"
raw_disk "$large" $((200 * GB)) "$work/tree"
container "$raw" "$vhd" vpc subformat=dynamic,force_size=on
sync

version='Microsoft\Windows NT\CurrentVersion'
winhttp='Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp'
keys=("$version" "$winhttp" "Wow6432Node\\$winhttp")
protocols='ControlSet001\Control\SecurityProviders\SCHANNEL\Protocols'
config=Windows/System32/config
mount=$work/mount file=$work/file

# --- The others, as scripts: `sh FILE`. hivexget has no way to say "no such key" but to fail.

hivexget_all() { # FOLDER of the hives, the keys that a scan judges by
  local key
  for key in "${keys[@]}"; do echo "hivexget '$1/SOFTWARE' '$key' >/dev/null"; done
  echo "hivexget '$1/SYSTEM' '$protocols' >/dev/null || :"
}
hivexget_one() { echo "hivexget '$1/SOFTWARE' '$version' >/dev/null"; }

nbdfuse_mount() { # IMAGE FORMAT rw|ro
  local nbd=qemu-nbd options=
  [ "$3" = rw ] || { nbd="qemu-nbd -r" options="-o ro"; }
  mkdir -p "$mount" "$file"
  cat <<SH
nbdfuse '$file/nbd' '[' $nbd --image-opts '$(partition_of "$1" "$2" $((10 * GB)))' ']' &
until [ -e '$file/nbd' ]; do sleep 0.001; done
ntfs-3g $options '$file/nbd' '$mount'
SH
}
nbdfuse_unmount() {
  echo "fusermount -u '$mount'"
  # The file system is gone from the tree at once; its process may still write.
  echo "until fusermount -u '$file' 2>/dev/null; do sleep 0.001; done"
  echo wait
}
tsk_copy() { # IMAGE HIVE...
  local image=$1 hive
  shift
  for hive in "$@"; do
    echo "icat -o 2048 '$image' \$(ifind -o 2048 -n '/$config/$hive' '$image') >'$work/$hive'"
  done
}

have_nbdfuse=
if have nbdfuse && have ntfs-3g && have qemu-nbd && have hivexget && have fusermount; then
  {
    nbdfuse_mount "$vhd" vpc ro
    echo "test -s '$mount/$config/SOFTWARE'"
    nbdfuse_unmount
  } >"$work/try"
  if [ -e /dev/fuse ] && timeout 60 sh -e "$work/try" >"$work/log" 2>&1; then have_nbdfuse=1; else
    echo "SKIPPED: FUSE does not work here: $(tail -1 "$work/log")" >&2
  fi
fi
have_tsk=
if have ifind && have icat && have hivexget; then
  if ifind -o 2048 -n "/$config/SOFTWARE" "$vhd" >/dev/null 2>&1; then have_tsk=1; else
    echo "SKIPPED: this build of TSK reads no VHD" >&2
  fi
fi

# --- Measuring

# Bytes that write calls were given: the image, the journal beside it, memory (the copy that hivex
# cross-checks). Without strace: empty.
written() { # IMAGE COMMAND LINE
  command -v strace >/dev/null || return 0
  eval "strace -f -y -e trace=write,pwrite64,writev,pwritev -o '$work/trace' $2" >/dev/null 2>&1 || true
  awk -v image="<$1>" '
    !/ = [0-9]+$/ {next}
    index($0, image) {to_image += $NF; next}
    /memfd:/ {memory += $NF; next}
    /goldhive-(journal|undo)/ {beside += $NF}
    END {printf "%d to the image, %d to the journal, %d in memory", to_image, beside, memory}' "$work/trace"
}

echo "disk.vhd: $(stat -c %s "$vhd") bytes; SOFTWARE: $(stat -c %s "$work/tree/$config/SOFTWARE") bytes"
for cache in warm cold; do
  arguments=(--warmup 2 --runs "$runs")
  [ $cache = warm ] || arguments=(--runs 4 --prepare "dd if=$vhd iflag=nocache count=0 status=none")
  echo
  echo "### scan, $cache; goldhive: $(reads "$vhd")"
  echo
  add "goldhive scan" "$goldhive scan $vhd"
  if [ $have_nbdfuse ]; then
    add "nbdfuse + ntfs-3g + hivexget of the same keys" \
      "$( (nbdfuse_mount "$vhd" vpc ro; hivexget_all "$mount/$config"; nbdfuse_unmount) | script nbdfuse_all)"
    add "nbdfuse + ntfs-3g + hivexget of one key" \
      "$( (nbdfuse_mount "$vhd" vpc ro; hivexget_one "$mount/$config"; nbdfuse_unmount) | script nbdfuse_one)"
  fi
  if [ $have_tsk ]; then
    add "ifind + icat + hivexget of the same keys" \
      "$( (tsk_copy "$vhd" SOFTWARE SYSTEM; hivexget_all "$work") | script tsk_all)"
    add "ifind + icat + hivexget of one key" \
      "$( (tsk_copy "$vhd" SOFTWARE; hivexget_one "$work") | script tsk_one)"
  fi
  measure "${arguments[@]}"
done

echo
echo "### scan of raw images of 10 and 200 GB; $(reads "$raw"); $(reads "$large")"
echo
add "10 GB" "$goldhive scan $raw"
add "200 GB" "$goldhive scan $large"
measure --warmup 2 --runs "$runs"

# Each patch starts from the same image, flushed, or the one that syncs would pay for the copy.
original=$work/original.vhd
cp "$vhd" "$original"
"$goldhive" plan --format reg "$vhd" >"$work/plan.reg" || true
for hive in SOFTWARE SYSTEM; do
  awk -v hive="\\\\$hive(\\\\|])" '/^\[/ {ours = $0 ~ hive} NR == 1 || ours' "$work/plan.reg" >"$work/$hive.reg"
done
printf 'cp "%s" "%s"\nsync "%s"\nrm -f "%s".goldhive-*\n' "$original" "$vhd" "$vhd" "$vhd" >"$work/prepare"
patch="$goldhive patch --timestamp $stamp"
sh "$work/prepare"
echo
echo "### patch of both hives, $(grep -c '^"' "$work/plan.reg") values; goldhive: $(written "$vhd" "$patch $vhd")"
echo
add "goldhive patch" "$patch $vhd"
add "goldhive patch --no-cross-check" "$patch --no-cross-check $vhd"
if [ $have_nbdfuse ] && have hivexregedit; then
  merge() {
    printf "hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\\%s' '%s' '%s'\n" \
      "$1" "$mount/$config/$1" "$work/$1.reg"
  }
  add "nbdfuse + ntfs-3g + hivexregedit" \
    "$( (nbdfuse_mount "$vhd" vpc rw; merge SOFTWARE; merge SYSTEM; nbdfuse_unmount) | script merge)"
fi
measure --prepare "sh $work/prepare" --runs 3

for image in "$raw" "$large"; do
  echo
  echo "### patch of a raw image of $(($(stat -c %s "$image") / GB)) GB, then undo: $(written "$image" "$patch $image")"
  echo
  "$goldhive" undo "$image" >/dev/null
  add "patch and undo" "$(printf '%s\n%s\n' "$patch $image" "$goldhive undo $image" | script undo)"
  measure --runs 3
done
