#!/usr/bin/env bash
# Runs each libFuzzer target of a build (preset fuzz) from its corpus; fails with the first that finds
# something, and says which file shows it.
#
#   tests/fuzz/run.sh BUILD_DIR SECONDS [TARGET...]
#
# What the fuzzer adds to a corpus stays in BUILD_DIR/fuzz/TARGET and is where the next run starts.
set -euo pipefail
build=$(cd "$1" && pwd)
seconds=$2
shift 2
corpora=$(cd "$(dirname "$0")" && pwd)/corpus

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for program in "$build"/tests/fuzz/*_fuzz; do
    name=$(basename "$program")
    targets+=("${name%_fuzz}")
  done
fi

for target in "${targets[@]}"; do
  # Of an input of a few MB nothing asks for more at once, but for libarchive (archive_fuzz.cc).
  piece=256
  [ "$target" = archive ] && piece=8200
  work=$build/fuzz/$target
  mkdir -p "$work/corpus"
  if ! "$build/tests/fuzz/${target}_fuzz" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 -malloc_limit_mb="$piece" \
      -artifact_prefix="$work/" "$work/corpus" "$corpora/$target" >"$work/log" 2>&1; then
    tail -40 "$work/log"
    echo "fuzz: $target has found something; it is in $work"
    exit 1
  fi
  runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$work/log")
  echo "fuzz: $target: ${runs:-?} runs"
done
