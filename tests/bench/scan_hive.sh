#!/usr/bin/env bash
# `goldhive scan` of one hive beside other readers that print the same values, at three sizes, with
# the hive in the page cache and without. The ratio is of the minimums: on a machine that has other
# work, they are steadier than the medians.
#
#   tests/bench/scan_hive.sh BUILD_DIR [RUNS]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-30}
goldhive=$build/goldhive
# shellcheck disable=SC2034  # for hives.sh
fixtures=$build/fixtures/goldhive-fixtures
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$(dirname "$0")/hives.sh"
have hyperfine || exit 1

version='Microsoft\Windows NT\CurrentVersion'
winhttp='Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp'
keys=("$version" "$winhttp" "Wow6432Node\\$winhttp")

# The commands of one reader for one hive: a script, as most of them read one key a call.
commands() { # READER HIVE
  local key
  case $1 in
    "goldhive --version") echo "$goldhive --version" ;;
    "goldhive scan") echo "$goldhive scan '$2'" ;;
    "hivexsh, 1 call")
      for key in "${keys[@]}"; do printf 'cd \\%s\nlsval\n' "$key"; done >"$work/hivexsh"
      echo "hivexsh -f $work/hivexsh '$2'"
      ;;
    "hivexget, 3 calls") for key in "${keys[@]}"; do echo "hivexget '$2' '$key'"; done ;;
    "hivexget, 1 call") echo "hivexget '$2' '$version'" ;;
    "reglookup -p, 3 calls") for key in "${keys[@]}"; do echo "reglookup -p '/${key//\\//}' '$2'"; done ;;
    "reglookup -p, 1 call") echo "reglookup -p '/${version//\\//}' '$2'" ;;
    "regfexport -K, 3 calls") for key in "${keys[@]}"; do echo "regfexport -K '$key' '$2'"; done ;;
    "regfexport -K, 1 call") echo "regfexport -K '$version' '$2'" ;;
  esac
}

readers=("goldhive scan" "goldhive --version")
have hivexget && readers+=("hivexget, 3 calls" "hivexget, 1 call")
have hivexsh && readers+=("hivexsh, 1 call")
have reglookup && readers+=("reglookup -p, 3 calls" "reglookup -p, 1 call")
have regfexport && readers+=("regfexport -K, 3 calls" "regfexport -K, 1 call")

compare() { # HIVE warm|cold
  local reader number=0 arguments=(-N -i --runs "$runs" --export-csv "$work/times.csv")
  if [ "$2" = warm ]; then arguments+=(--warmup 3); else
    arguments+=(--prepare "dd if=$1 iflag=nocache count=0 status=none")
  fi
  for reader in "${readers[@]}"; do
    number=$((number + 1))
    # One command runs by itself; several share one small shell, whose start is in their time.
    local line
    line=$(commands "$reader" "$1")
    if [[ $line == *$'\n'* ]]; then
      echo "$line" >"$work/reader$number"
      line="sh $work/reader$number"
    fi
    arguments+=(-n "$reader" "$line")
  done
  hyperfine "${arguments[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; return 1; }
  sed 's/, \([13] calls*\)/ (\1)/; s/"//g' "$work/times.csv" >"$work/plain.csv"
  milliseconds "$work/plain.csv" | awk -F'\t' '
    NR == 1 {ours = $3}
    {printf "| %s | %.1f | %.1f | %.1f | %.1f |\n", $1, $2, $3, $4, $3 / ours}
    NR == 1 {next}
    /^goldhive/ {next}
    /\(1 call\)/ && !/hivexsh/ {next}
    fastest == 0 || $3 < fastest {fastest = $3; name = $1}
    END {if (fastest) printf "\nFastest of the others that reads all three keys: %s, %.1f times as long.\n", name, fastest / ours}'
}

for size in 12 67 132; do
  hive=$(software_hive "$size")
  cat "$hive" >/dev/null
  reads=$({ "$goldhive" scan --verbose "$hive" 2>&1 >/dev/null || true; } | sed -n 's/.*: \([0-9]* reads, .*\)/\1/p')
  for cache in warm cold; do
    printf '\n### %s: %s bytes, %s; goldhive: %s\n\n' "$(basename "$hive")" "$(stat -c %s "$hive")" "$cache" "$reads"
    echo '| reader | median ms | minimum ms | user CPU ms | times goldhive |'
    echo '|---|---:|---:|---:|---:|'
    compare "$hive" "$cache"
  done
done
