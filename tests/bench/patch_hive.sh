#!/usr/bin/env bash
# `goldhive patch` of a 67 MB SOFTWARE beside `hivexregedit --merge` of the same change: wall time,
# user CPU, bytes written. The ratio is of the minimums.
#
#   tests/bench/patch_hive.sh BUILD_DIR [RUNS]
#
# GOLDHIVE_BENCH_OLD: a goldhive of before, to stand in the table.
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-15}
goldhive=$build/goldhive
# shellcheck disable=SC2034  # for hives.sh
fixtures=$build/fixtures/goldhive-fixtures
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$(dirname "$0")/hives.sh"
have hyperfine || exit 1

original=$(software_hive 67)
hive=$work/SOFTWARE
change=$work/change.reg
"$goldhive" plan --format reg "$original" >"$change" || true
[ -s "$change" ] || { echo "goldhive plans no change for $original" >&2; exit 1; }

# The copy is flushed first, or the writer that syncs would pay for writing the copy.
printf 'cp "%s" "%s"\nsync "%s"\nrm -f "%s".goldhive-*\n' "$original" "$hive" "$hive" "$hive" >"$work/prepare"

names=() command_lines=()
add() { names+=("$1"); command_lines+=("$2"); }
patch="$goldhive patch --timestamp $stamp"
add "goldhive patch" "$patch $hive"
[ -z "${GOLDHIVE_BENCH_OLD:-}" ] ||
  add "goldhive patch of before" "$GOLDHIVE_BENCH_OLD patch --timestamp $stamp $hive"
add "goldhive patch --no-cross-check" "$patch --no-cross-check $hive"
add "goldhive patch --no-undo" "$patch --no-undo $hive"
add "goldhive patch --no-cross-check --no-undo" "$patch --no-cross-check --no-undo $hive"
if have hivexregedit; then
  merge="hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\\SOFTWARE' $hive $change"
  printf '%s\nsync %s\n' "$merge" "$hive" >"$work/merge_sync"
  add "hivexregedit --merge" "$merge"
  add "hivexregedit --merge, then sync" "sh $work/merge_sync"
fi

# Bytes that write calls were given, by where they went: the hive, files beside it, memory (the copy
# that hivex cross-checks). Without strace: empty.
written() { # COMMAND LINE
  command -v strace >/dev/null || return 0
  sh "$work/prepare"
  eval "strace -f -y -e trace=write,pwrite64,writev,pwritev -o '$work/trace' $1" >/dev/null 2>&1 || true
  awk -v hive="<$hive>" '
    !/ = [0-9]+$/ {next}
    index($0, hive) {to_hive += $NF; next}
    /memfd:/ {memory += $NF; next}
    /goldhive-(journal|undo)/ {beside += $NF}
    END {printf "%d\t%d\t%d", to_hive, beside, memory}' "$work/trace"
}

have strace || true
arguments=(-N -i --runs "$runs" --prepare "sh $work/prepare" --export-csv "$work/times.csv")
for i in "${!names[@]}"; do arguments+=(-n "${names[i]}" "${command_lines[i]}"); done
hyperfine "${arguments[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
sed 's/, then/ then/; s/"//g' "$work/times.csv" >"$work/plain.csv"

echo "$(stat -c %s "$original") bytes; the change: $(grep -c '^"' "$change") values"
echo
echo '| writer | median ms | minimum ms | user CPU ms | times goldhive | to the hive, bytes | journal, undo | in memory |'
echo '|---|---:|---:|---:|---:|---:|---:|---:|'
i=0 ours=
while IFS=$'\t' read -r name median minimum user; do
  ours=${ours:-$minimum}
  IFS=$'\t' read -r to_hive beside memory < <(written "${command_lines[i]}" || true; echo)
  printf '| %s | %.1f | %.1f | %.1f | %.1f | %s | %s | %s |\n' "$name" "$median" "$minimum" "$user" \
    "$(awk "BEGIN {print $minimum / $ours}")" "${to_hive:--}" "${beside:--}" "${memory:--}"
  i=$((i + 1))
done < <(milliseconds "$work/plain.csv")
