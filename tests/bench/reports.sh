#!/usr/bin/env bash
# A saved report of many installations, written in each format and compared with an older one: wall
# and CPU time, peak memory and size of each. The records are those of six Windows, repeated under names and with
# times of their own; of each sixth the older report says something else.
#
#   tests/bench/reports.sh BUILD_DIR [RECORDS] [RUNS]
#
# GOLDHIVE_BENCH_REPORTS keeps what was written in a folder.
set -euo pipefail
build=$(cd "$1" && pwd)
records=${2:-10000}
runs=${3:-3}
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
for tool in python3 /usr/bin/time; do
  have "$tool" || exit 1
done
reports=${GOLDHIVE_BENCH_REPORTS:-$work/reports}
mkdir -p "$reports" "$work/made"
recipes=(windows-7-sp1-x64-ready windows-7-sp1-x64 windows-8-x64-ready dirty-7-old-logs
  windows-7-sp1-x86-ready windows-server-2012)
for recipe in "${recipes[@]}"; do
  "$fixtures" make "$recipe" "$work/made/$recipe" >/dev/null
  "$goldhive" scan -f jsonl "$work/made/$recipe" >"$work/made/$recipe.jsonl" || [ $? = 1 ]
done

python3 - "$records" "$work/made" "$reports" "${recipes[@]}" <<'PYTHON'
import json, re, sys
count, made, reports, recipes = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
parts = []
for recipe in recipes:
    head, record, end = open(f"{made}/{recipe}.jsonl").read().splitlines()
    parts.append((recipe, record, json.loads(end)))

def write(name, shift):
    summary = dict.fromkeys(parts[0][2]["summary"], 0)
    order = ["not-applicable", "compliant", "findings", "undetermined", "error"]
    status = "not-applicable"
    with open(f"{reports}/{name}", "w") as out:
        print(head, file=out)
        for i in range(count):
            which = (i + (shift if i % 6 == 0 else 0)) % len(parts)
            recipe, record, end = parts[which]
            for key in summary:
                summary[key] += end["summary"][key]
            status = max(status, end["status"], key=order.index)
            time = f"T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z"
            record = re.sub(r"T\d\d:\d\d:\d\dZ", time, record)
            print(record.replace(f"{made}/{recipe}", f"site-{i % 97:02}/host-{i:06}"), file=out)
        print(json.dumps({"status": status, "waivers": [], "summary": summary}), file=out)

write("old.jsonl", 1)
write("new.jsonl", 0)
PYTHON
echo "$records records, $(($(stat -c %s "$reports/new.jsonl") / records)) bytes each as jsonl"

row() { # NAME FILE COMMAND...: a row of the table
  local name=$1 file=$2
  shift 2
  for ((i = 0; i < runs; ++i)); do
    local code=0
    /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$@" -o "$file" 2>"$work/log" || code=$?
    [ "$code" -le 1 ] || { cat "$work/log" >&2; exit 1; }
    tail -1 "$work/time"
  done | sort -n >"$work/times"
  awk -v name="$name" -v size="$(stat -c %s "$file")" '
    NR == 1 {wall = $1; cpu = $2 + $3; size = size / 1e6}
    $4 > most {most = $4}
    END {printf "| %s | %.2f | %.2f | %.0f | %.1f |\n", name, wall, cpu, most / 1024, size}' "$work/times"
}
echo '| | wall s | CPU s | peak memory MB | output MB |'
echo '|---|---:|---:|---:|---:|'
for format in text json jsonl csv junit markdown sarif html; do
  row "report -f $format" "$reports/report.$format" "$goldhive" report "$reports/new.jsonl" -f "$format"
done
row 'report -f text --all' "$reports/report.all" "$goldhive" report "$reports/new.jsonl" --all
for format in text json jsonl csv junit markdown sarif html; do
  row "compare -f $format" "$reports/compare.$format" \
    "$goldhive" compare "$reports/old.jsonl" "$reports/new.jsonl" -f "$format"
done
