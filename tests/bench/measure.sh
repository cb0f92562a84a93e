# shellcheck shell=bash
# shellcheck disable=SC2154  # goldhive, work: set by the scripts that read it
# Read by the scripts beside it, after hives.sh: commands side by side in one table of hyperfine's.

names=() command_lines=()
add() { names+=("$1") command_lines+=("$2"); }
script() { # NAME: the commands on stdin
  cat >"$work/$1.sh"
  echo "sh $work/$1.sh"
}
measure() { # [hyperfine option...]: a table of what was added; clears it
  local i arguments=(-N -i --export-csv "$work/times.csv" "$@")
  for i in "${!names[@]}"; do arguments+=(-n "${names[i]}" "${command_lines[i]}"); done
  hyperfine "${arguments[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  sed 's/"//g' "$work/times.csv" >"$work/plain.csv"
  echo '| | median ms | minimum ms | user CPU ms | times the first |'
  echo '|---|---:|---:|---:|---:|'
  milliseconds "$work/plain.csv" | awk -F'\t' '
    NR == 1 {ours = $3}
    {printf "| %s | %.1f | %.1f | %.1f | %.1f |\n", $1, $2, $3, $4, $3 / ours}'
  names=() command_lines=()
}
# What goldhive read for a scan of a target: "65 reads, 258564 bytes, ...".
reads() { "$goldhive" scan -v "$1" 2>&1 >/dev/null | sed -n 's/.*: \([0-9]* reads, .*\)/\1/p'; }
