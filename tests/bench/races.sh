#!/usr/bin/env bash
# Two goldhives at work on one target: two patches with different settings, a patch and an undo, a patch
# and a scan. One of them is held by strace for a while, as it enters a random one of its calls, and the
# other one does all of its work meanwhile. Then
#
#   - the target is what the two would have left one after the other, those that say they did it: none of
#     what they did is lost, and a hive of neither is damaged;
#   - a scan saw the state before or the state after, or says that it cannot tell;
#   - nothing of ours stays but undo files.
#
#   tests/bench/races.sh BUILD_DIR [RUNS] [SEED] [KIND...]
#
# Ends with 1 at the first bad case, which is kept in the folder that it names.
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-90}
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
changing=pwrite64,write,sendto,rename,renameat,renameat2,link,linkat,unlink,unlinkat,ftruncate,fsync
reading=openat,pread64,fcntl,flock,getdents64,readlink,newfstatat
random() { echo $(((RANDOM * 32768 + RANDOM) % $1)); }

# arguments_of OPERATION PATH: sets `arguments`. patch sets what the usual policy wants, limit another
# value at the same place, and either of them finds something to do after the other.
arguments_of() {
  case $1 in
    patch) arguments=(patch -f json "${patch_options[@]}") ;;
    limit) arguments=(patch -f json "${patch_options[@]}" --protocols tls1.2) ;;
    *) arguments=("$1" -f json) ;;
  esac
  arguments+=("$2")
}
# did FILE: the report of a patch or an undo says that it changed something
did() {
  jq -e '.targets[0] | .error == null and
    ([.installations[]?.changed, .restored[]?.changed] | any(. == true))' "$1" >/dev/null 2>&1
}

# --- What each kind becomes, by the operations on it one after the other.
declare -A state view count
pairs=("patch limit" "undo limit" "limit scan")
# serial KIND FROM OPERATION: makes $work/KIND/FROM-OPERATION, unless it is there
serial() {
  local from=$work/$1/$2 to=$work/$1/$2-$3
  [ ! -e "$to" ] || return 0
  cp -a "$from" "$to"
  arguments_of "$3" "$to/$target"
  "$goldhive" "${arguments[@]}" >"$work/report" 2>"$work/err" || true
  did "$work/report" || { echo "$1: $3 after $2 changed nothing: $(cat "$work/err")" >&2 && exit 1; }
  note "$1" "$2-$3"
}
note() { # KIND NAME
  state[$1/$2]=$(content "$work/$1/$2/$target")
  view[$1/$2]=$(seen "$work/$1/$2/$target")
  is_sound "$work/$1/$2/$target" || { echo "$1: $2 is not sound" >&2 && exit 1; }
}
# points FILE KIND FROM OPERATION CALLS: from the call that first names the target, each of CALLS: its name
# and which one of these it is
points() {
  rm -rf "$work/run" && cp -a "$work/$2/$3" "$work/run"
  arguments_of "$4" "$work/run/$target"
  strace -qq -o "$work/trace" -e trace="$5" "$goldhive" "${arguments[@]}" >/dev/null 2>&1 || true
  awk -v path="$work/run/" '!/^[a-z0-9]+\(/ {next} {name = $0; sub(/\(.*/, "", name); n = ++seen[name]}
    index($0, path) {begun = 1} begun {print name, n}' "$work/trace" >"$1"
  [ -s "$1" ] || echo "fsync 1" >"$1"
}
for kind in "${kinds[@]}"; do
  victim "$kind"
  note "$kind" original
  for operation in patch limit; do serial "$kind" original $operation; done
  serial "$kind" original-patch limit
  serial "$kind" original-limit patch
  for one in "original patch" "original limit" "original scan" "original-patch undo" "original-patch limit"; do
    read -r from operation <<<"$one"
    points "$work/$kind/$from.$operation.changing" "$kind" "$from" "$operation" $changing
    points "$work/$kind/$from.$operation.reading" "$kind" "$from" "$operation" $reading
  done
  echo "$kind: $(wc -l <"$work/$kind/original.limit.changing") calls of a patch change something"
done

complain() {
  trap - EXIT
  echo "seed $seed, run $i: $kind, $first held at $call number $number, $second meanwhile: $1 (kept: $work/run," \
    "$work/first.json, $work/second.json)" >&2
  exit 1
}
add() { count[$1]=$((${count[$1]:-0} + 1)); }

# is_held PID: the process that strace PID runs stands still
is_held() {
  local child now
  child=$(pgrep -P "$1" | head -1) && [ -n "$child" ] || return 1
  now=$(cut -d' ' -f3,14,15 "/proc/$child/stat" 2>/dev/null) && [ "${now%% *}" = t ] && [ "$now" = "$held_before" ] && return 0
  held_before=$now
  return 1
}
run_race() {
  local holder _
  arguments_of "$first" "$path"
  strace -qq -o /dev/null -e trace="$call" -e inject="$call:delay_enter=$hold:when=$number" \
    "$goldhive" "${arguments[@]}" >"$work/first.json" 2>"$work/first.err" &
  holder=$!
  held_before=
  for _ in {1..200}; do
    if is_held $holder || ! kill -0 $holder 2>/dev/null; then break; fi
    sleep 0.03
  done
  arguments_of "$second" "$path"
  "$goldhive" "${arguments[@]}" >"$work/second.json" 2>"$work/second.err" || true
  if kill -0 $holder 2>/dev/null; then add "within"; fi
  wait $holder || true
}

# Sets `allowed`: what may be there in the end, by who says that something was done.
find_allowed() { # REPORT REPORT
  local a=no b=no
  did "$1" && a=yes
  did "$2" && b=yes
  add "$a $b"
  case $pair/$a/$b in
    */no/no) allowed=("$from") ;;
    "patch limit/yes/no") allowed=(original-patch) ;;
    "patch limit/no/yes" | "limit scan/yes/no") allowed=(original-limit) ;;
    "patch limit/yes/yes") allowed=(original-patch-limit original-limit-patch) ;;
    "undo limit/yes/no") allowed=(original) ;;
    "undo limit/no/yes") allowed=(original-patch-limit) ;;
    "undo limit/yes/yes") allowed=(original-limit original-patch) ;;
    *) complain "a scan that changes something" ;;
  esac
}
judge_target() {
  local now name left
  left=$(find "$work/run" -name '*goldhive-*' ! -name '*goldhive-undo*')
  [ -z "$left" ] || complain "$left stayed"
  is_sound "$path" >"$work/log" || complain "$(cat "$work/log")"
  # The bytes of a WIM that is compacted last depend on how often it was.
  if [ "$kind" = wim-compact ]; then now=$(seen "$path"); else now=$(content "$path"); fi
  for name in "$@"; do
    if [ "$kind" = wim-compact ]; then
      [ "$now" != "${view[$kind/$name]}" ] || return 0
    else
      [ "$now" != "${state[$kind/$name]}" ] || return 0
    fi
  done
  for name in "${!state[@]}"; do
    [ "$now" != "${state[$name]}" ] || complain "it is ${name#*/}, allowed is $*"
  done
  complain "a third state, allowed is $*"
}
judge_scan() { # REPORT
  local now name
  now=$(view_of "$1" "$path") || now=
  for name in original original-limit; do
    [ "$now" != "${view[$kind/$name]}" ] || { add "a scan of $name" && return 0; }
  done
  jq -e '[.targets[] | .error != null or ([.installations[]?.findings[]?.verdict] | any(. == "undetermined"))] | any' \
    "$1" >/dev/null 2>&1 || complain "the scan saw a third state"
  add "a scan that cannot tell"
}

for ((i = 0; i < runs; ++i)); do
  ((i % 50)) || echo "races so far: $i" >&2
  kind=${kinds[i % ${#kinds[@]}]}
  pair=${pairs[i / ${#kinds[@]} % 3]}
  victim "$kind"
  path=$work/run/$target
  read -r first second <<<"$pair"
  if ((RANDOM % 2)); then read -r second first <<<"$pair"; fi
  from=original
  [ "$pair" != "undo limit" ] || from=original-patch
  points=$work/$kind/$from.$first.$( ((RANDOM % 2)) && echo changing || echo reading)
  read -r call number <<<"$(sed -n "$(($(random "$(wc -l <"$points")") + 1))p" "$points")"
  hold=${GOLDHIVE_HOLD:-2500000}
  rm -rf "$work/run"
  cp -a "$work/$kind/$from" "$work/run"
  run_race
  reports=("$work/first.json" "$work/second.json") # in the order of the pair
  [ "$first" = "${pair% *}" ] || reports=("$work/second.json" "$work/first.json")
  find_allowed "${reports[@]}"
  judge_target "${allowed[@]}"
  [ "$pair" != "limit scan" ] || judge_scan "${reports[1]}"
done
echo "seed $seed: $runs races, in ${count[within]:-0} of them one did all of its work while the other was held; both did what" \
  "they were asked ${count[yes yes]:-0} times, one of them $((${count[yes no]:-0} + ${count[no yes]:-0})) times," \
  "none ${count[no no]:-0} times; scans saw the state before ${count[a scan of original]:-0} times, the state after" \
  "${count[a scan of original-limit]:-0} times, and could not tell ${count[a scan that cannot tell]:-0} times; 0 bad"
