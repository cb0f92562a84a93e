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
# shellcheck source-path=SCRIPTDIR source=../bench/victims.sh
. "$here/../bench/victims.sh"
victim_tools
have xz || exit 1
umask 077
calls=pwrite64,write,sendto,rename,link,unlink,ftruncate,fsync

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

# relic KIND: all states of its target
relic() {
  kind=$1
  victim "$kind"
  kind_dir=$work/$kind server=no
  case $target in *.qcow2 | *.vmdk | *.vdi) server=yes ;; esac
  fresh original
  in_run "$goldhive" patch "${patch_options[@]}" "$target"
  mv "$kind_dir/run" "$kind_dir/patched"
  old=$(content "$kind_dir/original/$target") new=$(content "$kind_dir/patched/$target")
  [ "$old" != "$new" ] || { echo "$kind: the patch changed nothing" >&2; cat "$work/err" >&2; exit 1; }
  cut_off patch original "$target" "${patch_options[@]}"
  cut_off undo patched "$target"
  rm -rf "$kind_dir/run"
  tar -C "$work" -S --format=gnu --sort=name --owner=0 --group=0 --numeric-owner --mtime="$stamp" \
    -cf - "$kind" | xz -9e >"$out/$kind.tar.xz"
  echo "$kind: $(stat -c %s "$out/$kind.tar.xz") bytes"
}

for kind in "${victim_kinds[@]}"; do relic "$kind"; done
cp "$work/log" "$out/kills.txt"
du -sb "$out"
