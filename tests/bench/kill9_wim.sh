#!/usr/bin/env bash
# Kills `goldhive patch` (and undo) of a WIM at random moments and looks at what is left. At once,
# before anything is repaired, wimlib must read every image and find the old hives in all of them or
# the new ones in all of them; after `recover` the file must be the old one or the new one, byte for
# byte. In every second run the time to the kill starts when the file grows, or most would fall into
# the checks that come before the first write.
#
#   tests/bench/kill9_wim.sh BUILD_DIR [RUNS] [SEED]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-300}
RANDOM=${3:-1}
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
have wimlib-imagex || exit 1
patch_options=(--timestamp "$stamp")
config=Windows/System32/config

# --- Three images, two of them with the same hives, an integrity table, one to boot.
"$fixtures" make windows-7-sp1-x64 "$work/first"
"$fixtures" make windows-server-2008-r2-sp1 "$work/second"
wimlib-imagex capture "$work/first" "$work/old" one --compress=LZX --check --boot >/dev/null
wimlib-imagex append "$work/first" "$work/old" two >/dev/null
wimlib-imagex append "$work/second" "$work/old" three >/dev/null
cp "$work/old" "$work/new"
start=$(date +%s%N)
"$goldhive" patch "${patch_options[@]}" "$work/new" >/dev/null 2>&1 || true
duration=$((($(date +%s%N) - start) / 1000))  # microseconds

hives() { # WIM: a digest of what wimlib takes for the hives of all images
  local image
  for image in 1 2 3; do
    for hive in SOFTWARE SYSTEM; do
      wimlib-imagex extract "$1" $image "/$config/$hive" --to-stdout 2>/dev/null | sha256sum
    done
  done | sha256sum
}
content() { sha256sum <"$1"; }
old_hives=$(hives "$work/old") new_hives=$(hives "$work/new")
old=$(content "$work/old") new=$(content "$work/new")
[ "$old_hives" != "$new_hives" ] || { echo "the patch changed nothing" >&2; exit 1; }
undo_file=$(ls -d "$work"/new.goldhive-undo)
size=$(stat -c %s "$work/old") grown=$(stat -c %s "$work/new")
echo "WIM: $size bytes, after the patch $grown; one patch takes $((duration / 1000)) ms"

declare -A count
add() { count[$1]=$((${count[$1]:-0} + 1)); }
complain() { echo "run $i (${command[0]}, $delay us): $1" >&2; add bad; }
random() { echo $(((RANDOM * 32768 + RANDOM) % $1)); }
for ((i = 0; i < runs; ++i)); do
  rm -rf "$work/run"
  mkdir "$work/run"
  wim=$work/run/install.wim
  if ((i % 4 == 3)); then # every fourth: kill an undo
    cp "$work/new" "$wim"
    cp -a "$undo_file" "$wim.goldhive-undo"
    command=(undo "$wim")
    start_size=$grown
  else
    cp "$work/old" "$wim"
    command=(patch "${patch_options[@]}" "$wim")
    start_size=$size
  fi
  "$goldhive" "${command[@]}" >/dev/null 2>&1 &
  child=$!
  delay=$(random $((duration * 5 / 4)))
  if ((i % 2)); then
    while [ "$(stat -c %s "$wim")" = "$start_size" ] && kill -0 $child 2>/dev/null; do :; done
    delay=$(random $((duration / 4 + 1000)))
  fi
  sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
  kill -9 "$child" 2>/dev/null || true
  wait "$child" 2>/dev/null || true

  if compgen -G "$work/run/*journal*" >/dev/null; then add hot; fi
  wimlib-imagex verify "$wim" >/dev/null 2>"$work/log" || complain "wimlib finds it broken: $(tail -1 "$work/log")"
  case $(hives "$wim") in
    "$old_hives") add seen_old ;;
    "$new_hives") add seen_new ;;
    *) complain "wimlib reads a third state" ;;
  esac
  "$goldhive" scan "$wim" >/dev/null 2>&1 || [ $? = 1 ] || complain "scan fails"
  "$goldhive" recover "$wim" >/dev/null 2>&1 || true
  case $(content "$wim") in
    "$old") add old ;;
    "$new") add new ;;
    *) complain "a third state after recover" ;;
  esac
  if compgen -G "$work/run/*journal*" >/dev/null; then complain "a journal stayed"; fi
done
echo "$runs kills: wimlib read ${count[seen_old]:-0} old, ${count[seen_new]:-0} new; after recover" \
  "${count[old]:-0} old, ${count[new]:-0} new; ${count[hot]:-0} with a journal left, ${count[bad]:-0} bad"
[ "${count[bad]:-0}" -eq 0 ]
