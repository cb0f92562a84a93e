#!/usr/bin/env bash
# A folder of 300 targets, of every format and half a dozen Windows, 20 of them broken, each in
# another way. What each must come to is known from how it was made; every verdict is compared with
# that, and all rows with those of the plain tree. The report must be the same for any -j, and the
# exit code 2. Then: wall time and peak memory for 1, 2 and 4 jobs.
#
#   tests/bench/many.sh BUILD_DIR [RUNS]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-5}
goldhive=$build/goldhive
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"
# shellcheck source-path=SCRIPTDIR source=disks.sh
. "$here/disks.sh"
# shellcheck source-path=SCRIPTDIR source=images.sh
. "$here/images.sh"
disk_tools
for tool in "${packers[@]}" "${imagers[@]}" zip python3 /usr/bin/time; do
  have "$tool" || exit 1
done
kinds=(tree "${archive_kinds[@]}" "${disk_kinds[@]}" "${wim_kinds[@]}")

# What a scan of each must say. A recipe says by itself what is in the hives.
declare -A status=(
  [windows-7-sp1-x64-ready]=compliant
  [windows-7-sp1-x86-ready]=compliant
  [windows-8-x64-ready]=compliant
  [windows-7-sp1-x64]=findings
  [windows-server-2012]=findings
  [dirty-7-old-logs]=compliant
)
recipes=(windows-7-sp1-x64-ready windows-7-sp1-x64 windows-8-x64-ready dirty-7-old-logs
  windows-7-sp1-x86-ready windows-server-2012)
config=Windows/System32/config
made=$work/made many=$work/many expected=$work/expected
mkdir -p "$made" "$many"

# --- One of each format of each recipe, as KIND.RECIPE.

for recipe in "${recipes[@]}"; do
  "$fixtures" make "$recipe" "$made/tree.$recipe"
  pack "$recipe"
  disks "$recipe"
  wims "$recipe"
done >/dev/null 2>"$work/log" || { cat "$work/log" >&2; exit 1; }

# --- The folder: 280 in turn, of which no two neighbours are alike. A folder that holds
# installations is one target with what lies up to two folders below, hence the depth of trees.

put() { # NUMBER KIND RECIPE: prints the path of the target
  local folder=$many/$1
  mkdir -p "$folder"
  case $2 in
    tree) mkdir -p "$folder/a/b/c" && cp -r "$made/tree.$3" "$folder/a/b/c/$3" ;;
    swm) cp "$made/swm.$3"/* "$folder" ;;
    *) cp --sparse=always "$made/$2.$3" "$folder/$3.$2" ;;
  esac
}
for ((i = 0; i < 280; ++i)); do
  kind=${kinds[i % ${#kinds[@]}]} recipe=${recipes[(i + i / ${#kinds[@]}) % ${#recipes[@]}]}
  number=$(printf '%03d' "$i")
  put "$number" "$kind" "$recipe"
  printf '%s\t%s\t%s\n' "$number" "${status[$recipe]}" "$recipe" >>"$expected"
done

# --- The broken: none may pass for one that is in order. What cannot be opened is an error; where an
# installation is found and its hives cannot be read it is undetermined.

good=windows-7-sp1-x64-ready
poke() { printf "%b" "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; } # FILE AT BYTES
cut_off() { truncate -s $(($(stat -c %s "$1") * $2 / 100)) "$1"; }                # FILE PERCENT
zero() { head -c "$3" /dev/zero | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
next=280
break_one() { # STATUS KIND COMMAND [ARGUMENT...]: runs COMMAND FILE ARGUMENT...
  local number=$next target
  next=$((next + 1))
  put "$number" "$2" "$good"
  target=$(find "$many/$number" -name "$good*" -o -name install.swm)
  printf '%s\t%s\t\n' "$number" "$1" >>"$expected"
  local command=$3
  shift 3
  "$command" "$target" "$@"
}
no_second_part() { rm "$(dirname "$1")/install2.swm"; }
cut_hive() { truncate -s 4100 "$1/$config/SOFTWARE"; }
no_hive() { poke "$1/$config/SYSTEM" 0 'none'; }
encrypted() { rm "$1" && (cd "$made/tree.$good" && zip -q -P secret -r "$1" .); }
twice() { # what is packed last is what tar extracts, and that is no ready one
  (cd "$made/tree.windows-7-sp1-x64" && tar -rf "$1" "./$config/SOFTWARE")
}
no_mft() { # The boot sector says where: cluster number at 48, sectors a cluster at 13.
  local at
  at=$(od -An -tu8 -j 48 -N 8 "$1") # a cluster has 4096 bytes
  zero "$1" $((at * 4096)) 8192
}
damaged_wim_inside() { # ISO: the resources of a WIM start behind its header
  local at
  at=$(grep -abo 'MSWIM' "$1" | head -1 | cut -d: -f1)
  zero "$1" $((at + 208)) 20000
}
break_one error stored.zip cut_off 50
break_one error tar.gz cut_off 50
break_one error tar.zst cut_off 60
break_one error 7z cut_off 70
break_one error tar.xz poke 2000 'damage'
break_one error cpio cut_off 30
break_one undetermined deflated.zip encrypted
break_one error vhd zero 512 1024
break_one error vhdx zero $((64 << 10)) $((128 << 10))
break_one error vhdx zero $((192 << 10)) $((128 << 10))
break_one error qcow2 poke 40 '\0377\0377\0377'
break_one error bare.raw no_mft
break_one error raw zero "$MiB" 512
break_one error lzx.wim poke 56 '\0377\0377'
break_one error solid.esd cut_off 50
break_one error swm no_second_part
break_one undetermined install.iso damaged_wim_inside
break_one undetermined tree cut_hive
break_one undetermined tree no_hive
break_one findings tar twice
rm -rf "$made"/[!t]* "$made"/tar*
for i in 1 2 3 4 5; do echo "no image" >"$many/00$i/notes.txt"; done
sync

# --- Each -j: the same report and the same verdicts.

echo "$(wc -l <"$expected") targets, $(find "$many" -type f | wc -l) files, $(du -sm "$many" | cut -f1) MB"
for jobs in 1 2 4; do
  code=0
  "$goldhive" scan -f json -j "$jobs" "$many" >"$work/report.$jobs" 2>"$work/errors.$jobs" || code=$?
  [ "$code" = 2 ] || { echo "-j $jobs: exit code $code and not 2" >&2; exit 1; }
  cmp "$work/report.1" "$work/report.$jobs"
  cmp "$work/errors.1" "$work/errors.$jobs"
done
for recipe in "${recipes[@]}"; do
  "$goldhive" scan -f json "$made/tree.$recipe" >"$work/plain.$recipe" || [ $? = 1 ]
done
python3 - "$work" <<'PYTHON'
import json, sys
work = sys.argv[1]
rows = lambda i: [(f["id"], f["view"], f["control_set"], f["subject"], f["verdict"], f["actual"])
                  for f in i["findings"]]
plain = lambda recipe: json.load(open(f"{work}/plain.{recipe}"))["targets"][0]["installations"][0]
report = json.load(open(f"{work}/report.1"))
found, wrong = {}, []
for target in report["targets"]:
    number = target["path"][len(work) + len("/many/"):][:3]
    if number in found:
        wrong.append(f"{number}: two targets")
    found[number] = target
formats = {}
for line in open(f"{work}/expected"):
    number, status, recipe = line.rstrip("\n").split("\t")
    target = found.pop(number, None)
    if target is None:
        wrong.append(f"{number}: no target")
        continue
    formats[target["format"]] = formats.get(target["format"], 0) + 1
    if target["status"] != status:
        wrong.append(f"{target['path']}: {target['status']} and not {status}: {target['error']}")
    elif recipe and [rows(i) for i in target["installations"]] != [rows(plain(recipe))]:
        wrong.append(f"{target['path']}: other rows than the plain tree of {recipe}")
wrong += [f"{t['path']}: what is that?" for t in found.values()]
print("\n".join(wrong) if wrong else "every verdict is right, the same report for -j 1, 2 and 4")
print(", ".join(f"{n} {name or 'not opened'}" for name, n in sorted(formats.items(), key=str)))
sys.exit(bool(wrong))
PYTHON

echo '| jobs | wall s | CPU s | peak memory MB |'
echo '|---:|---:|---:|---:|'
for jobs in 1 2 4; do
  for ((i = 0; i < runs; ++i)); do
    /usr/bin/time -f '%e %U %S %M' -o "$work/time" "$goldhive" scan -f json -j "$jobs" "$many" \
      >/dev/null 2>&1 || :
    tail -1 "$work/time"
  done | sort -n | awk -v jobs="$jobs" '
    NR == 1 {wall = $1; cpu = $2 + $3}
    $4 > most {most = $4}
    END {printf "| %d | %.2f | %.2f | %.0f |\n", jobs, wall, cpu, most / 1024}'
done
