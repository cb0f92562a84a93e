#!/usr/bin/env bash
# Kills `goldhive patch` (and undo) at random moments and looks at what is left: the old hives or the
# new ones, both of them, and never anything else.
#
#   tests/bench/kill9.sh BUILD_DIR [RUNS] [SEED]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-500}
RANDOM=${3:-1}
goldhive=$build/goldhive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$build/fixtures/goldhive-fixtures" make windows-7-sp1-x64 "$work/old"
config=Windows/System32/config
state() { (cd "$1/$config" && sha256sum SOFTWARE SYSTEM | sha256sum | cut -c1-16); }
patch_options=(--timestamp 2016-02-15T00:00:00Z)

cp -a "$work/old" "$work/new"
start=$(date +%s%N)
"$goldhive" patch "${patch_options[@]}" "$work/new" >/dev/null 2>&1 || true
duration=$((($(date +%s%N) - start) / 1000))  # microseconds
old=$(state "$work/old")
new=$(state "$work/new")
[ "$old" != "$new" ] || { echo "the patch changed nothing" >&2; exit 1; }
undo_file=$(ls -d "$work"/new.goldhive-undo)

count_old=0 count_new=0 hot=0 bad=0
for ((i = 0; i < runs; ++i)); do
  tree=$work/run
  rm -rf "$tree" "$tree".goldhive-undo*
  if ((i % 4 == 3)); then # every fourth: kill an undo
    cp -a "$work/new" "$tree"
    cp -a "$undo_file" "$tree.goldhive-undo"
    command=(undo "$tree")
  else
    cp -a "$work/old" "$tree"
    command=(patch "${patch_options[@]}" "$tree")
  fi
  delay=$(((RANDOM * 32768 + RANDOM) % (duration * 5 / 4)))
  "$goldhive" "${command[@]}" >/dev/null 2>&1 &
  child=$!
  sleep "$(printf '0.%06d' "$delay")"
  kill -9 "$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true

  if compgen -G "$tree/$config/*goldhive-journal" >/dev/null; then hot=$((hot + 1)); fi
  # What a scan sees, through the journal and without writing, must be a whole state already.
  before=$(state "$tree")
  "$goldhive" scan "$tree" >/dev/null 2>&1 || true
  [ "$(state "$tree")" = "$before" ] || { echo "run $i: scan wrote" >&2; bad=$((bad + 1)); }
  "$goldhive" recover "$tree" >/dev/null 2>&1 || true
  case $(state "$tree") in
    "$old") count_old=$((count_old + 1)) ;;
    "$new") count_new=$((count_new + 1)) ;;
    *) bad=$((bad + 1)); echo "run $i: a third state after ${command[0]} and ${delay} us" >&2 ;;
  esac
  if compgen -G "$tree/$config/*goldhive*" >/dev/null; then
    bad=$((bad + 1))
    echo "run $i: something of ours stayed in the tree" >&2
  fi
done
echo "$runs kills (one patch takes $((duration / 1000)) ms): $count_old old, $count_new new," \
  "$hot with a journal left, $bad bad"
[ "$bad" -eq 0 ]
