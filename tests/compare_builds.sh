#!/usr/bin/env bash
# Shows that two builds behave the same: over all recipes, vectors and hostile files, and over images of
# every format of some of them, whole and cut short. Compared are reports, messages and exit codes of all
# commands, the bytes of patched files and undo files, and what undo makes of them. For a change that is to
# change nothing.
#
#   tests/compare_builds.sh OLD_BUILD NEW_BUILD [WORK_DIR]
#
# Prints a line for each difference, and at last how many there are; exit 1 if any. WORK_DIR is kept: each
# difference is in WORK_DIR/differences, each side's files are in WORK_DIR/old and WORK_DIR/new. The targets
# are made by the fixtures of the new build. Versions of goldhive may differ, and so may what is read.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# = 2 ] || [ $# = 3 ] || { sed -n '2,11s/^# \?//p' "$0" >&2; exit 2; }
old=$(cd "$1" && pwd) && new=$(cd "$2" && pwd) || exit 2
fixtures=$new/fixtures/goldhive-fixtures
for program in "$old/goldhive" "$new/goldhive" "$fixtures"; do
  [ -x "$program" ] || { echo "$program is not built" >&2; exit 2; }
done
# shellcheck source-path=SCRIPTDIR source=bench/hives.sh
. "$here/bench/hives.sh"
# shellcheck source-path=SCRIPTDIR source=bench/disks.sh
. "$here/bench/disks.sh"
# shellcheck source-path=SCRIPTDIR source=bench/images.sh
. "$here/bench/images.sh"
if [ $# = 3 ]; then
  rmdir "$work"
  trap - EXIT
  mkdir -p "$3"
  work=$(cd "$3" && pwd)
  [ -z "$(ls -A "$work")" ] || { echo "$work is not empty" >&2; exit 2; }
fi
# shellcheck disable=SC2034  # for compare_sides.sh
top=$work sides=(old new) program_old=("$old/goldhive") program_new=("$new/goldhive") shown=0
# shellcheck source-path=SCRIPTDIR source=compare_sides.sh
. "$here/compare_sides.sh"
declare -A version
for side in "${sides[@]}"; do version[$side]=$("${!side}/goldhive" --version | sed -n '1s/^goldhive //p'); done
normalise() {
  sed -E "s#$top/$1/##g; s#: [0-9]+ reads, [0-9]+ bytes#: READS#; s#goldhive ${version[$1]}#goldhive VERSION#g; s#(\"version\": ?\")${version[$1]}\"#\1VERSION\"#g"
}
output_of() {
  normalise "$1" <"$top/out.$1"
  echo "--- stderr"
  normalise "$1" <"$top/err.$1"
  grep -aoE '[0-9]+ reads, [0-9]+ bytes' "$top/err.$1" >>"$top/reads.$1"
  echo "--- exit $(<"$top/code.$1")"
  if [ -e "$top/$1/report.json" ]; then
    normalise "$1" <"$top/$1/report.json"
    rm "$top/$1/report.json"
  fi
}
# An undo file notes the version that wrote it: without that, and without the lengths and the checksum.
without_version() {
  python3 -c 'import re, sys
data = open(sys.argv[1], "rb").read()
head = 64 if data.startswith(b"goldhive") else 104
sys.stdout.buffer.write(re.sub(rb"(\"tool\":\"goldhive )[^\"]*", rb"\1", data[head:-32]))' "$1"
}
has_undo_file() { [ -e "$top/$1/$2.goldhive-undo" ]; } # SIDE TARGET
# same_files COMMAND: a line for each file that the command left otherwise. Of what qemu-nbd writes the
# disk counts: a VMDK gets a random number with its first write.
same_files() {
  local line file
  while read -r line; do
    file=$(sed -n "s#^Files $top/old/\(.*\) and .* differ\$#\1#p" <<<"$line")
    case $file in
      *.qcow2 | *.vmdk | *.vdi) qemu-img compare -q "$top/old/$file" "$top/new/$file" && continue ;;
      *.goldhive-undo*)
        [ "${version[old]}" = "${version[new]}" ] ||
          ! cmp -s <(without_version "$top/old/$file") <(without_version "$top/new/$file") || continue
        ;;
    esac
    echo "$line" >"$top/diff"
    differ "after $1: ${line//"$top/"/}" "$top/diff"
  done < <(diff -rq "$top/old" "$top/new")
}
export SOURCE_DATE_EPOCH=1455494400 HOME=$work/home # undo files may go there

# --- The targets: trees/NAME, hostile/NAME, images/RECIPE.KIND, cut/RECIPE.KIND

make_targets "$fixtures" || exit 2
made=$work/parts
mkdir -p "$HOME" "$made" "$top/made/images" "$top/made/cut"
all_there() { for tool; do have "$tool" || return 1; done; }
for recipe in windows-7-sp1-x64 windows-server-2012 dirty-7-old-logs; do
  cp -r "$top/made/trees/$recipe" "$made/tree.$recipe"
  kinds=()
  if all_there "${packers[@]}"; then pack $recipe && kinds+=("${archive_kinds[@]}"); fi
  if all_there mkntfs sfdisk qemu-img bsdtar; then disks $recipe && kinds+=("${disk_kinds[@]}"); fi
  if all_there "${imagers[@]}"; then wims $recipe && kinds+=("${wim_kinds[@]}"); fi
  for kind in "${kinds[@]}"; do
    mv "$made/$kind.$recipe" "$top/made/images/$recipe.$kind" || exit 2
  done
  rm -rf "$made/tree.$recipe"
done >"$work/log" 2>&1
grep SKIPPED "$work/log" | sort -u
for image in "$top"/made/images/windows-7-sp1-x64.*; do
  [ -f "$image" ] || continue
  cut=$top/made/cut/$(basename "$image")
  cp --sparse=always "$image" "$cut"
  truncate -s $(($(stat -c %s "$image") * 6 / 10)) "$cut"
  # A patch that rewrites the WIM in a second step
  case $image in *.lzx.wim) cp "$image" "${image%.lzx.wim}.compact.wim" ;; esac
done
rm -rf "${work:?}/media" "$work/disk.vhd" "$made"
copy_targets
cd "$top/made" || exit 2
targets=(trees/* hostile/* images/* cut/*)

# --- Commands without a target, and with targets that are none

for command in "" scan list plan patch undo recover verify explain policy; do
  # shellcheck disable=SC2086  # no command is no argument
  both $command --help
done
both explain
both policy list
both policy show baseline
both scan no-such-target
both scan --format yaml trees

# --- What only reads: all targets at once; where that differs, one by one. Exit codes are those of each.

all_of() {
  local target before=$differences
  equal "$@" "${targets[@]}" && return
  cp "$top/diff" "$top/diff.all"
  for target in "${targets[@]}"; do both "$@" "$target"; done
  [ "$differences" != "$before" ] || differ "goldhive $* (all targets at once)" "$top/diff.all"
}
each_of() {
  local target
  for target in "${targets[@]}"; do both "$@" "$target"; done
}
each_of scan -v
each_of plan
each_of verify
all_of scan --format json --hash --check -j 2
all_of scan --format jsonl --no-logs --policy tls12-only
all_of list
all_of list --format json
all_of plan --format json
all_of plan --format jsonl --control-set all --protocols tls1.2
all_of verify --format json
for target in trees/*; do both plan --format reg "$target"; done
for folder in trees images cut; do
  both scan --format json $folder
  both list $folder
done
for side in "${sides[@]}"; do same "$top/made" "$top/$side" "files after commands that only read ($side)"; done

# --- Patch: the report as text and as JSON, the bytes of all files; then undo likewise

patched=()
for target in "${targets[@]}"; do
  options=()
  case $target in *.compact.wim) options=(--compact) ;; esac
  both patch "${options[@]}" --report json=report.json "$target"
  if has_undo_file new "$target"; then patched+=("$target"); fi
done
same_files "patch"
for target in "${patched[@]}"; do
  for ((i = 0; i < 2; ++i)); do # a WIM that was compacted has two undo files
    has_undo_file new "$target" || has_undo_file old "$target" || break
    both undo --report json=report.json "$target"
  done
done
same_files "undo"
for target in "${patched[@]}"; do
  case $target in
    *.qcow2 | *.vmdk | *.vdi)
      qemu-img compare "$top/made/$target" "$top/new/$target" >"$top/diff" 2>&1 || differ "$target before patch and after undo" "$top/diff"
      ;;
    *) same "$top/made/$target" "$top/new/$target" "$target before patch and after undo" ;;
  esac
done

for side in "${sides[@]}"; do # how much is read may change
  awk -v side="$side" '{reads += $1; bytes += $3} END {printf "%s: %d reads, %.0f bytes by scan -v\n", side, reads, bytes}' \
    "$top/reads.$side"
done
echo "${#targets[@]} targets, ${#patched[@]} patched, $differences differences"
[ "$differences" = 0 ]
