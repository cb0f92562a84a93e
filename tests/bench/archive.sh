#!/usr/bin/env bash
# Archives: reading both hives of a 350 MB tar.zst beside `tar -xO` of the same entries, and what a
# patch of a hive in a deflated zip of 4 GB writes.
#
#   tests/bench/archive.sh BUILD_DIR [RUNS]
set -euo pipefail
build=$(cd "$1" && pwd)
runs=${2:-10}
goldhive=$build/goldhive
work=$(mktemp -d "${TMPDIR:-/tmp}/goldhive-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
for tool in tar zstd zip hyperfine strace; do
  command -v "$tool" >/dev/null || { echo "skipped: $tool is not installed" >&2; exit 1; }
done

"$build/fixtures/goldhive-fixtures" make windows-7-sp1-x64 "$work/tree" >/dev/null
config=Windows/System32/config
# 8,000 files of 4 to 83 KB, half text, half noise, before and after the hives.
python3 - "$work/tree" <<'PYTHON'
import os, random, sys
random.seed(1)
words = [bytes(random.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(7)) for _ in range(4000)]
for i in range(8000):
    folder = os.path.join(sys.argv[1], ("Program Files" if i % 2 else "Windows/Files"), str(i // 100))
    os.makedirs(folder, exist_ok=True)
    size = 4096 + i * 7919 % 81920
    data = random.randbytes(size) if i % 4 == 0 else b" ".join(random.choices(words, k=size // 8))
    with open(os.path.join(folder, f"{i}.bin"), "wb") as file:
        file.write(data)
PYTHON
tar --zstd -cf "$work/backup.tar.zst" -C "$work/tree" .
echo "tar.zst: $(du -sm --apparent-size "$work/tree" | cut -f1) MB in $(find "$work/tree" -type f | wc -l) files, $(stat -c %s "$work/backup.tar.zst") bytes packed"
hyperfine -N -i --warmup 2 --runs "$runs" --export-csv "$work/times.csv" \
  -n "goldhive scan" "$goldhive scan $work/backup.tar.zst" \
  -n "tar -xO of both hives" "tar --zstd -xOf $work/backup.tar.zst ./$config/SOFTWARE ./$config/SYSTEM" \
  >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
awk -F, 'NR > 1 {printf "  %-24s mean %6.0f ms, min %6.0f ms\n", $1, $2 * 1000, $7 * 1000; min[NR] = $7}
  END {printf "  ratio of the minimums: %.2f (at most 1.2 is wanted)\n", min[2] / min[3]}' "$work/times.csv"

# A large file that is stored makes the zip large; the hives in it are deflated.
truncate -s 4200M "$work/tree/large.bin"
(cd "$work/tree" && zip -q -n .bin -r "$work/backup.zip" .)
rm "$work/tree/large.bin"
before=$(stat -c %s "$work/backup.zip")
strace -f -y -e trace=write,pwrite64 -o "$work/trace" "$goldhive" patch "$work/backup.zip" >/dev/null || true
awk -v zip="<$work/backup.zip>" '
  !/ = [0-9]+$/ {next}
  index($0, zip) {to_zip += $NF; next}
  /goldhive-journal/ {beside += $NF}
  END {printf "zip of %.0f bytes: %d bytes written to it, %d to the journal\n", '"$before"', to_zip, beside}' \
  "$work/trace"
central=$(zipinfo -v "$work/backup.zip" | sed -n 's/.*central directory is \([0-9]*\) .*/\1/p' | head -1)
packed=$(zipinfo -l "$work/backup.zip" "$config/SOFTWARE" "$config/SYSTEM" |
  awk '$NF ~ /config/ {sum += $6} END {print sum}')
echo "  packed hives: $packed bytes, central directory: ${central:-?} bytes"
unzip -tqq "$work/backup.zip" "$config/*" && echo "  unzip -t: the hives are sound"
"$goldhive" undo "$work/backup.zip" >/dev/null
[ "$(stat -c %s "$work/backup.zip")" = "$before" ] && echo "  undone: the old size"
