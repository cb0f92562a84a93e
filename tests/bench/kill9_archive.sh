#!/usr/bin/env bash
# Kills `goldhive patch` (and undo) of archives at random moments and looks at what is left: the old
# archive or the new one, byte for byte, and never anything else. A packed tar is replaced by a new
# file, a plain tar and a stored zip are changed in place or replaced, a deflated zip is appended to.
#
#   tests/bench/kill9_archive.sh BUILD_DIR [RUNS] [SEED]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-200}
RANDOM=${3:-1}
goldhive=$build/goldhive
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
patch_options=(--timestamp 2016-02-15T00:00:00Z)

"$build/fixtures/goldhive-fixtures" make windows-7-sp1-x64 "$work/tree" >/dev/null
tar -cf "$work/old.tar" -C "$work/tree" .
tar -czf "$work/old.tar.gz" -C "$work/tree" .
kinds=(tar tar.gz)
if command -v zip >/dev/null; then
  (cd "$work/tree" && zip -qr "$work/old.zip" . && zip -q0r "$work/old.stored.zip" .)
  kinds+=(zip stored.zip)
fi
state() { sha256sum <"$1"; }
declare -A old new
duration=0
for kind in "${kinds[@]}"; do
  old[$kind]=$(state "$work/old.$kind")
  cp "$work/old.$kind" "$work/new.$kind"
  start=$(date +%s%N)
  "$goldhive" patch "${patch_options[@]}" "$work/new.$kind" >/dev/null 2>&1 || true
  took=$((($(date +%s%N) - start) / 1000)) # microseconds
  ((took > duration)) && duration=$took
  new[$kind]=$(state "$work/new.$kind")
  [ "${old[$kind]}" != "${new[$kind]}" ] || { echo "the patch of $kind changed nothing" >&2; exit 1; }
done

count_old=0 count_new=0 hot=0 bad=0
for ((i = 0; i < runs; ++i)); do
  kind=${kinds[i % ${#kinds[@]}]}
  rm -rf "$work/run" && mkdir "$work/run"
  file=$work/run/a.$kind
  if ((i / ${#kinds[@]} % 4 == 3)); then # every fourth round: kill an undo
    cp "$work/new.$kind" "$file"
    for undo in "$work/new.$kind".goldhive-undo*; do
      cp "$undo" "$file${undo#"$work/new.$kind"}"
    done
    command=(undo "$file")
  else
    cp "$work/old.$kind" "$file"
    command=(patch "${patch_options[@]}" "$file")
  fi
  delay=$(((RANDOM * 32768 + RANDOM) % (duration * 5 / 4)))
  "$goldhive" "${command[@]}" >/dev/null 2>&1 &
  child=$!
  sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
  kill -9 "$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true

  if compgen -G "$file.goldhive-journal" >/dev/null || compgen -G "$file.goldhive-replacing" >/dev/null
  then hot=$((hot + 1)); fi
  before=$(state "$file")
  "$goldhive" scan "$file" >/dev/null 2>&1 || true
  [ "$(state "$file")" = "$before" ] || { echo "run $i: scan wrote" >&2; bad=$((bad + 1)); }
  "$goldhive" recover "$file" >/dev/null 2>&1 || true
  case $(state "$file") in
    "${old[$kind]}") count_old=$((count_old + 1)) ;;
    "${new[$kind]}") count_new=$((count_new + 1)) ;;
    *) bad=$((bad + 1)); echo "run $i: a third state of $kind after ${command[0]} and ${delay} us" >&2 ;;
  esac
  for left in "$file".goldhive-{journal,new,old,replacing}*; do
    [ -e "$left" ] || continue
    bad=$((bad + 1))
    echo "run $i: $left stayed" >&2
  done
done
echo "$runs kills (one patch takes up to $((duration / 1000)) ms): $count_old old, $count_new new," \
  "$hot with a journal or record left, $bad bad"
[ "$bad" -eq 0 ]
