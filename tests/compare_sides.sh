# shellcheck shell=bash
# shellcheck disable=SC2154  # top, sides and the programs are set by the scripts that read it
# Read by compare_builds.sh and mingw/compare.sh: two programs do the same with the same targets. Each side
# works in a copy of its own, so the paths in the reports are the same.
#
# The script that reads it sets
#   top              a folder: the targets are made in $top/made and copied to $top/SIDE
#   sides            the names of the two sides
#   program_SIDE     the command of each, an array
#   shown            how many lines of each difference are printed below its line
# and may define again
#   normalise SIDE   a filter for the output: takes out what may differ
#   output_of SIDE   prints what a run is judged by; it has $top/out.SIDE, $top/err.SIDE and $top/code.SIDE
differences=0

normalise() { cat; }
output_of() { normalise "$1" <"$top/out.$1" && echo "exit $(<"$top/code.$1")"; }

# make_targets FIXTURES: every recipe, vector and hostile file
make_targets() {
  mkdir -p "$top/made"
  "$1" make-all "$top/made/trees" >/dev/null && "$1" hostile "$top/made/hostile" >/dev/null
}
copy_targets() {
  local side
  for side in "${sides[@]}"; do cp -r --sparse=always "$top/made" "$top/$side"; done
}

# differ WHAT FILE: counts and prints one difference; FILE tells more and is kept
differ() {
  differences=$((differences + 1))
  echo "DIFFERS: $1" | cut -c1-200
  head -n "$shown" "$2"
  mkdir -p "$top/differences"
  cp "$2" "$top/differences/$differences"
}

# run SIDE ARGUMENTS...
run() {
  local side=$1
  local -n program=program_$side
  shift
  echo 0 >"$top/code.$side"
  (cd "$top/$side" && "${program[@]}" "$@") >"$top/out.$side" 2>"$top/err.$side" </dev/null ||
    echo $? >"$top/code.$side"
  output_of "$side" >"$top/judged.$side"
}
# equal ARGUMENTS...: runs both and compares; the difference is in $top/diff
equal() {
  local side
  for side in "${sides[@]}"; do run "$side" "$@"; done
  diff -a "$top/judged.${sides[0]}" "$top/judged.${sides[1]}" >"$top/diff"
}
both() { equal "$@" || differ "goldhive $*" "$top/diff"; }

# same FOLDER FOLDER WHAT: the same files with the same bytes
same() { diff -r "$1" "$2" >"$top/diff" || differ "$3" "$top/diff"; }
