#!/usr/bin/env bash
# Makes relics: what a patch and an undo by one version of goldhive leave behind, done and cut off, for
# every kind of target that can be patched. README.md says what is in them; relics_test.cc gives them to
# the goldhive of today. Run it with the last release before you change a file that a patch leaves.
#
#   tests/relics/make.sh OLD_BUILD VERSION_DIR
#
# OLD_BUILD has goldhive and fixtures/goldhive-fixtures of that version; VERSION_DIR ("tests/relics/0.1.0")
# gets one archive for each kind. It takes some minutes.
#
# A run is cut off by strace, which kills goldhive as it enters one system call. Every call that changes
# something is tried in turn. Each run leaves a state that gets one of these names:
#
#   unfinished   a journal or a new file that does not count yet; the target is untouched
#   hot-old      the journal or record counts; the target has its old bytes
#   hot-mixed    the journal counts; the target is partly written
#   hot-new      the journal or record counts; the target has its new bytes
#
# Of all runs that leave a state of the same name the middle one is kept.
set -euo pipefail
build=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../bench/hives.sh
. "$here/../bench/hives.sh"
# shellcheck source-path=SCRIPTDIR source=../bench/disks.sh
. "$here/../bench/disks.sh"
disk_tools
for tool in strace ntfscluster qemu-nbd wimlib-imagex zip xz; do have $tool || exit 1; done
umask 077
config=Windows/System32/config
calls=pwrite64,write,sendto,rename,link,unlink,ftruncate,fsync

# content TARGET: a digest of what a reader finds there: the hives of a tree, the disk in a container of
# qemu's, the bytes of any other file
content() {
  case $1 in
    */tree) cat "$1/$config/SOFTWARE" "$1/$config/SYSTEM" | sha256sum ;;
    *.qcow2 | *.vmdk | *.vdi) qemu-img convert -O raw "$1" "$work/content" && sha256sum <"$work/content" ;;
    *) sha256sum <"$1" ;;
  esac
}

# class TARGET: one of the words above, or none of them
class() {
  local folder content
  folder=$(dirname "$1")
  if [ -z "$(find "$folder" -name '*goldhive-journal' -o -name '*.goldhive-replacing')" ]; then
    find "$folder" -name '*goldhive-journal.new' -o -name '*.goldhive-new' | grep -q . && echo unfinished
    return 0
  fi
  content=$(content "$1")
  case $content in
    "$old") echo hot-old ;;
    "$new") echo hot-new ;;
    *) echo hot-mixed ;;
  esac
}

# fresh FROM: $kind_dir/run is a copy of the state FROM
fresh() { rm -rf "$kind_dir/run" && cp -a "$kind_dir/$1" "$kind_dir/run"; }
# in_run COMMAND...: goldhive in that folder, so that no path of this machine gets anywhere
in_run() { (cd "$kind_dir/run" && "$@" >/dev/null 2>"$work/err") || [ $? -lt 128 ]; }
# kill_at CALL COUNT COMMAND...
kill_at() {
  local call=$1 count=$2
  shift 2
  { # bash says "Killed" each time
    (cd "$kind_dir/run" && strace -qq -o /dev/null -e trace="$call" \
      -e inject="$call:signal=KILL:when=$count" "$goldhive" "$@" >/dev/null) || true
  } 2>/dev/null
  if [ "$server" = yes ]; then sleep 0.3; fi # qemu-nbd sees that goldhive is gone, and ends
}

# cut_off COMMAND FROM TARGET ARGUMENTS...: keeps the states "COMMAND-<class>"
cut_off() {
  local command=$1 from=$2 target=$3 call count found
  shift 3
  fresh "$from"
  (cd "$kind_dir/run" && strace -qq -o "$work/trace" -e trace="$calls" "$goldhive" "$command" "$@" "$target" >/dev/null 2>&1) || true
  # From the first name of ours to the last: name of the call, which one of these it is.
  awk -F'(' '{n = ++seen[$1]} /goldhive-/ {ours = 1} ours {print $1, n}' "$work/trace" >"$work/points"
  : >"$work/classes"
  while read -r call count; do
    fresh "$from"
    kill_at "$call" "$count" "$command" "$@" "$target"
    found=$(class "$kind_dir/run/$target")
    [ -z "$found" ] || echo "$found $call $count" >>"$work/classes"
  done <"$work/points"
  for found in unfinished hot-old hot-mixed hot-new; do
    [ "$command $found" != "undo unfinished" ] || continue # the patched state, and something to delete
    grep -q "^$found " "$work/classes" || continue
    grep "^$found " "$work/classes" >"$work/same"
    read -r _ call count <<<"$(sed -n "$((($(wc -l <"$work/same") + 1) / 2))p" "$work/same")"
    fresh "$from"
    kill_at "$call" "$count" "$command" "$@" "$target"
    [ "$(class "$kind_dir/run/$target")" = "$found" ] || { echo "$kind: $found does not come again" >&2; exit 1; }
    mv "$kind_dir/run" "$kind_dir/$command-$found"
    echo "$kind $command-$found: killed at $call number $count ($(wc -l <"$work/same") such)" | tee -a "$work/log"
  done
}

# relic KIND TARGET [OPTIONS OF PATCH]: all states of a target that lies in $work/KIND/original
relic() {
  kind=$1 target=$2
  shift 2
  kind_dir=$work/$kind server=no
  case $target in *.qcow2 | *.vmdk | *.vdi) server=yes ;; esac
  fresh original
  in_run "$goldhive" patch --timestamp "$stamp" "$@" "$target"
  mv "$kind_dir/run" "$kind_dir/patched"
  old=$(content "$kind_dir/original/$target") new=$(content "$kind_dir/patched/$target")
  [ "$old" != "$new" ] || { echo "$kind: the patch changed nothing" >&2; cat "$work/err" >&2; exit 1; }
  cut_off patch original "$target" --timestamp "$stamp" "$@"
  cut_off undo patched "$target"
  rm -rf "$kind_dir/run"
  tar -C "$work" -S --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="$stamp" \
    -cf - "$kind" | xz -9e >"$out/$kind.tar.xz"
  echo "$kind: $(stat -c %s "$out/$kind.tar.xz") bytes"
}

# --- The trees: with room in SOFTWARE, and without, so that the patch makes it grow.
"$fixtures" make "$here/small.recipe" "$work/room"
sed 's#sequence=812/812$#& full=yes#' "$here/small.recipe" >"$work/full.recipe"
"$fixtures" make "$work/full.recipe" "$work/full"
originals() { for kind; do mkdir -p "$work/$kind/original"; done; }

originals tree hive
cp -a "$work/full" "$work/tree/original/tree"
relic tree tree
cp "$work/full/$config/SOFTWARE" "$work/hive/original"
relic hive SOFTWARE

# --- Disks. The partition starts so that SOFTWARE, written last, ends where a block of the container
# does: the patch has to allocate one.
block=$((2 * MiB))
cp -a "$work/full" "$work/rest"
mkdir -p "$work/last/$config"
mv "$work/rest/$config/SOFTWARE" "$work/last/$config"
ntfs_volume "$work/volume" $((8 * MiB)) "$work/rest" "$work/last"
end=$(ntfscluster -q -f -F $config/SOFTWARE "$work/volume" |
  awk 'NF == 3 && $1 + 0 == $1 {end = $2 + $3} END {print end * 4096}')
disk_of "$work/volume" "$work/disk.raw" $((MiB + block - (end + MiB) % block))
originals raw vhd vhdx qcow2 vmdk vdi
cp --sparse=always "$work/disk.raw" "$work/raw/original/disk.raw"
container "$work/disk.raw" "$work/vhd/original/disk.vhd" vpc subformat=dynamic,force_size=on
container "$work/disk.raw" "$work/vhdx/original/disk.vhdx" vhdx subformat=dynamic,block_size=1M
for kind in qcow2 vmdk vdi; do container "$work/disk.raw" "$work/$kind/original/disk.$kind" $kind; done
for kind in raw vhd vhdx qcow2 vmdk vdi; do relic $kind disk.$kind; done

# --- WIM: two images with the same hives, in place and rewritten.
originals wim wim-compact
wimlib-imagex capture "$work/full" "$work/install.wim" one --compress=LZX --check --boot >/dev/null
wimlib-imagex append "$work/full" "$work/install.wim" two >/dev/null
cp "$work/install.wim" "$work/wim/original"
cp "$work/install.wim" "$work/wim-compact/original"
relic wim install.wim
relic wim-compact install.wim --compact

# --- Archives: changed in place, appended to, written anew.
originals zip zip-stored tar tar-grown tar-gz
(cd "$work/full" && zip -qr "$work/zip/original/backup.zip" .)
(cd "$work/room" && zip -q0r "$work/zip-stored/original/backup.zip" .)
tar -C "$work/room" --sort=name -cf "$work/tar/original/backup.tar" .
tar -C "$work/full" --sort=name -cf "$work/tar-grown/original/backup.tar" .
tar -C "$work/full" --sort=name -czf "$work/tar-gz/original/backup.tar.gz" .
relic zip backup.zip
relic zip-stored backup.zip
relic tar backup.tar
relic tar-grown backup.tar
relic tar-gz backup.tar.gz

cp "$work/log" "$out/kills.txt"
du -sb "$out"
