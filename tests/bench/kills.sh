#!/usr/bin/env bash
# Kills `goldhive patch`, `undo` and `recover` of every kind of target at random moments and looks at what
# is left:
#
#   at once         what goldhive reads there is the old state or the new one, and reading writes nothing;
#                   wimlib reads the old hives in all images of a WIM, or the new ones in all
#   after recover   the target is the old one or the new one, the one that was seen; nothing of ours stays
#                   but undo files; its hives are sound; qemu-img has nothing against it
#   after undo      of what is new: the old one
#
# Half of the kills come after a random time, in half of these counted from the moment when something of
# ours shows beside the target. The other half are by strace, as goldhive enters a random one of its calls
# that change something: a busy machine shifts times, and these come again with the same seed.
#
#   tests/bench/kills.sh BUILD_DIR [RUNS] [SEED] [KIND...]
#
# Ends with 1 at the first bad case, which is kept in the folder that it names.
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-220}
seed=${3:-$RANDOM}
shift $(($# < 3 ? $# : 3))
RANDOM=$seed
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
# shellcheck source-path=SCRIPTDIR source=victims.sh
. "$here/victims.sh"
victim_tools
kinds=("$@")
[ ${#kinds[@]} -gt 0 ] || kinds=("${victim_kinds[@]}")
calls=pwrite64,write,sendto,rename,renameat,renameat2,link,linkat,unlink,unlinkat,ftruncate,fsync,openat
random() { echo $(((RANDOM * 32768 + RANDOM) % $1)); }

# --- What each kind is before and after a patch, how long one takes, and its calls.
declare -A old new middle old_seen new_seen duration count
for kind in "${kinds[@]}"; do
  victim "$kind"
  kind_dir=$work/$kind
  cp -a "$kind_dir/original" "$kind_dir/patched"
  start=$(date +%s%N)
  "$goldhive" patch "${patch_options[@]}" "$kind_dir/patched/$target" >/dev/null 2>"$work/err" || true
  duration[$kind]=$((($(date +%s%N) - start) / 1000)) # microseconds
  old[$kind]=$(content "$kind_dir/original/$target")
  new[$kind]=$(content "$kind_dir/patched/$target")
  old_seen[$kind]=$(seen "$kind_dir/original/$target")
  new_seen[$kind]=$(seen "$kind_dir/patched/$target")
  [ "${old[$kind]}" != "${new[$kind]}" ] || { echo "the patch of $kind changed nothing: $(cat "$work/err")" >&2 && exit 1; }
  [ "${old_seen[$kind]}" != "${new_seen[$kind]}" ] || { echo "$kind: nothing of it is seen" >&2 && exit 1; }
  middle[$kind]=
  if [ "$kind" = wim-compact ]; then # patched in place first, then written anew
    cp -a "$kind_dir/original" "$kind_dir/middle"
    "$goldhive" patch --timestamp "$stamp" "$kind_dir/middle/$target" >/dev/null 2>&1 || true
    middle[$kind]=$(content "$kind_dir/middle/$target")
    rm -rf "$kind_dir/middle"
  fi
  # How often a patch and an undo enter one of the calls.
  for command in patch undo; do
    rm -rf "$work/run" && cp -a "$kind_dir/$([ $command = patch ] && echo original || echo patched)" "$work/run"
    arguments=("$command" "$work/run/$target")
    [ $command = undo ] || arguments+=("${patch_options[@]}")
    strace -qq -o "$work/trace" -e trace=$calls "$goldhive" "${arguments[@]}" >/dev/null 2>&1 || true
    # From the first name of ours to the last line: the call, and which one of these it is.
    awk '!/^[a-z0-9]+\(/ {next} {name = $0; sub(/\(.*/, "", name); n = ++seen[name]}
      /goldhive-/ {ours = 1} ours {print name, n}' "$work/trace" >"$kind_dir/$command.points"
  done
  echo "$kind: $(stat -c %s "$kind_dir/original/$target") bytes; a patch takes $((${duration[$kind]} / 1000)) ms," \
    "$(wc -l <"$kind_dir/patch.points") calls of it change something, $(wc -l <"$kind_dir/undo.points") of an undo"
done

# --- One kill
complain() {
  trap - EXIT
  echo "seed $seed, run $i: $kind, ${arguments[0]} killed $moment: $1 (kept: $work/run)" >&2
  exit 1
}
add() { count[$1]=$((${count[$1]:-0} + 1)); }
something_of_ours() { find "$work/run" -name '*goldhive-*' -cnewer "$work/before" | grep -q .; }
digests() { find "$work/run" -type f -exec sha256sum {} + | sort; }
no_servers() { # qemu-nbd sees that goldhive is gone, and ends
  local _
  for _ in {1..100}; do
    pgrep -f "qemu-nbd.*$work/run" >/dev/null || return 0
    sleep 0.1
  done
  complain "qemu-nbd outlived goldhive"
}
kill_at_a_call() {
  local call number
  read -r call number <<<"$(sed -n "$(($(random "$(wc -l <"$points")") + 1))p" "$points")"
  moment="at $call number $number"
  { # bash says "Killed" each time
    (strace -qq -o /dev/null -e trace="$call" -e inject="$call:signal=KILL:when=$number" \
      "$goldhive" "${arguments[@]}" >/dev/null 2>&1) || true
  } 2>/dev/null
}
kill_at_a_time() {
  local delay child from_first=$((RANDOM % 2))
  "$goldhive" "${arguments[@]}" >/dev/null 2>&1 &
  child=$!
  delay=$(random $((${duration[$kind]} * 5 / 4)))
  if ((from_first)); then
    until something_of_ours || ! kill -0 $child 2>/dev/null; do :; done
    delay=$(random $((${duration[$kind]} / 3 + 1)))
  fi
  moment="$delay us after $( ((from_first)) && echo "its first file" || echo "its start")"
  sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
  kill -9 $child 2>/dev/null || true
  wait $child 2>/dev/null || true
}
kill_it() {
  no_servers
  touch "$work/before"
  if ((RANDOM % 2)); then kill_at_a_call; else kill_at_a_time; fi
  no_servers
}

# whole WHEN: is the target, with all of our files worked off, in a known state? Sets `is`.
whole() {
  local now
  now=$(content "$path")
  case $now in
    "${old[$kind]}") is=old ;;
    "${new[$kind]}") is=new ;;
    "${middle[$kind]:-none}") is=middle ;;
    *) complain "a third state $1" ;;
  esac
}
look_at_once() {
  local before digest
  before=$(digests)
  digest=$(seen "$path") || complain "scan: $(cat "$work/seen.err")"
  [ "$(digests)" = "$before" ] || complain "scan wrote"
  case $digest in
    "${old_seen[$kind]}") saw=old ;;
    "${new_seen[$kind]}") saw=new ;;
    *) complain "a third state is seen" ;;
  esac
  add "seen $saw"
  [[ $kind = wim* ]] || return 0
  wimlib-imagex verify "$path" >"$work/log" 2>&1 || complain "wimlib: $(tail -1 "$work/log")"
}
look_after_recovery() {
  local left
  "$goldhive" recover "$path" >/dev/null 2>"$work/err" || complain "recover: $(cat "$work/err")"
  whole "after recover"
  [ "${is/middle/new}" = "$saw" ] || complain "$saw was seen, and recover left what is $is"
  add "left $is"
  for left in journal new old replacing; do
    [ -z "$(find "$work/run" -name "*goldhive-$left*" ! -name '*-undo*')" ] || complain "something of goldhive-$left stayed"
  done
  is_sound "$path" >"$work/log" || complain "$(cat "$work/log")"
  case $kind in
    vhdx | qcow2 | vmdk | vdi)
      local status=0
      qemu-img check -q "$path" >/dev/null 2>&1 || status=$?
      # 3: clusters of a qcow2 that nobody uses, left by the patch that was cut off
      case $status in 0) ;; 3) add leaks ;; *) complain "qemu-img check ends with $status" ;; esac
      ;;
  esac
}
give_back() {
  [ "$is" != old ] || return 0
  "$goldhive" undo "$path" >/dev/null 2>"$work/err" || complain "undo: $(cat "$work/err")"
  whole "after undo"
  [ "$is" = old ] || complain "undo left what is $is"
  add undone
}

operations=(patch undo recover patch)
for ((i = 0; i < runs; ++i)); do
  ((i % 50)) || echo "kills so far: $i" >&2
  kind=${kinds[i % ${#kinds[@]}]}
  victim "$kind"
  path=$work/run/$target
  operation=${operations[i / ${#kinds[@]} % 4]}
  rm -rf "$work/run"
  points=$work/$kind/patch.points arguments=(patch "${patch_options[@]}" "$path")
  if [ "$operation" = undo ]; then
    cp -a "$work/$kind/patched" "$work/run"
    points=$work/$kind/undo.points arguments=(undo "$path")
  else
    cp -a "$work/$kind/original" "$work/run"
  fi
  kill_it
  look_at_once
  if [ "$operation" = recover ]; then # of what the kill of the patch has left
    arguments=(recover "$path") points=$work/$kind/undo.points
    before=$saw
    kill_it
    look_at_once
    [ "$before" = "$saw" ] || complain "$before was seen before recover, and $saw after"
  fi
  add "$operation"
  look_after_recovery
  give_back
done
echo "seed $seed: $runs kills (${count[patch]:-0} of patch, ${count[undo]:-0} of undo, ${count[recover]:-0} of recover):" \
  "${count[seen old]:-0} times the old state was seen, ${count[seen new]:-0} times the new one; after recover" \
  "${count[left old]:-0} old, ${count[left middle]:-0} patched and not compacted, ${count[left new]:-0} new;" \
  "${count[undone]:-0} undone, ${count[leaks]:-0} with clusters that qemu-img calls leaked, 0 bad"
