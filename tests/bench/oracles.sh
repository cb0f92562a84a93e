#!/usr/bin/env bash
# Patches hives and asks five foreign readers what changed: exactly the planned keys and values, key
# times apart. Then goldhive verify, an external checker if REGFCHECK names one (a command that prints
# a JSON or text with `"errors": N` or `errors N`), and undo to the original SHA-256.
#
#   tests/bench/oracles.sh BUILD_DIR [HIVE...]
#
# Without HIVE: the real hives of GOLDHIVE_CORPUS (its folder real/) if set, hives of the fixtures,
# and a SOFTWARE of 67 MB. regfexport takes about a minute for that one.
set -euo pipefail
build=$(cd "$1" && pwd)
shift
goldhive=$build/goldhive
# shellcheck disable=SC2034  # for hives.sh
fixtures=$build/fixtures/goldhive-fixtures
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=hives.sh
. "$here/hives.sh"

# Each reader's dump in one form, in the order it has: "K<TAB>PATH" and "V<TAB>PATH/NAME<TAB>DATA",
# paths from the root with slashes, DWORDs as 8 hex digits, no times and no offsets.
dump() { # READER HIVE
  case $1 in
    hivexml)
      hivexml "$2" | sed 's/></>\n</g' | awk '
        function attribute(name,  rest) {
          if (!match($0, " " name "=\"[^\"]*\"")) return ""
          rest = substr($0, RSTART, RLENGTH); sub(/^[^"]*"/, "", rest); sub(/"$/, "", rest); return rest}
        /^<node / {depth++; path[depth] = depth == 1 ? "" : path[depth - 1] "/" attribute("name"); print "K\t" path[depth]; next}
        /^<\/node>/ {depth--; next}
        /^<(mtime|byte_run|\/byte_run|\/value)/ {next}
        /^<value type="int32"/ {print "V\t" path[depth] "/" attribute("key") "\tint32 " attribute("value"); next}
        {print "V\t" path[depth] "\t" $0}'
      ;;
    regfexport)
      regfexport "$2" | awk '
        /^Key path: / {sub(/^Key path: [^\\]*/, ""); gsub(/\\/, "/"); path = $0; print "K\t" path; next}
        /^(Key|Class name|Data size): / {next}
        /^Value: / {sub(/^Value: [0-9]+ ?/, ""); name = $0; next}
        /^Type: / {dword = /REG_DWORD/ && !/BIG/; print "T\t" path "/" name "\t" $0; next}
        /^$/ {dword = 0; next}
        dword && /^Data: [0-9]/ {print "V\t" path "/" name "\tint32 " $2; next}
        {print "V\t" path "/" name "\t" $0}'
      ;;
    reglookup)
      reglookup "$2" 2>/dev/null | awk -F, '
        NR == 1 {next}
        $2 == "KEY" {print "K\t" ($1 == "/" ? "" : $1); next}
        $2 == "DWORD" {print "V\t" $1 "\t" tolower(substr($3, 3)); next}
        {print "V\t" $1 "\t" $2 " " $3}'
      ;;
    reged)
      rm -f "$work/reged"
      # shellcheck disable=SC1003  # a backslash: the whole hive
      reged -x "$2" R '\' "$work/reged" >/dev/null
      tr -d '\r' <"$work/reged" | awk '
        function flush(  i) {
          # reged takes a db record (data above 16344 bytes) for plain data and prints what follows it.
          for (i = 1; i <= held && held < 640; ++i) print "V\t" path "\t" line[i]
          held = 0}
        /^  / {line[++held] = $0; next}
        {flush()}
        /^\[R/ {sub(/^\[R/, ""); sub(/\]$/, ""); gsub(/\\/, "/"); path = $0; print "K\t" path; next}
        match($0, /^"[^"=]*"=dword:/) {print "V\t" path "/" substr($0, 2, RLENGTH - 9) "\t" substr($0, RLENGTH + 1); next}
        NF {line[++held] = $0}
        END {flush()}'
      ;;
    Parse::Win32Registry) perl -X "$here/dump_win32registry.pl" "$2" ;;
  esac
}

# What the plan says, in the same form. A key is new where this reader did not see it before.
planned() { # PLAN.reg
  tr -d '\r' <"$1" | awk '
    /^\[HKEY_LOCAL_MACHINE\\[A-Z]*/ {sub(/^\[HKEY_LOCAL_MACHINE\\[A-Z]*/, ""); sub(/\]$/, ""); gsub(/\\/, "/"); path = $0; print "K\t" path; next}
    match($0, /^"[^"]*"=dword:/) {print "V\t" path "/" substr($0, 2, RLENGTH - 9) "\t" substr($0, RLENGTH + 1); next}
    /^"/ {print "unknown\t" $0}'
}

# hivexml and regfexport write DWORDs in decimal; regfexport has a line of its own for the type.
normal() {
  while IFS=$'\t' read -r kind path data; do
    case $kind in
      T) [[ $data == *REG_DWORD* ]] || printf '%s\t%s\t%s\n' "$kind" "$path" "$data" ;;
      K) printf 'K\t%s\n' "$path" ;;
      *)
        [[ $data != "int32 "* ]] || data=$(printf '%08x' $((${data#int32 } & 0xffffffff)))
        printf '%s\t%s\t%s\n' "$kind" "$path" "$data"
        ;;
    esac
  done
}

readers=()
for tool in hivexml regfexport reglookup reged; do if have "$tool"; then readers+=("$tool"); fi; done
if perl -MParse::Win32Registry -e 1 2>/dev/null; then readers+=(Parse::Win32Registry); else
  echo "SKIPPED: Parse::Win32Registry is not installed" >&2
fi

bad=0
row() { # HIVE TOOL ADDED REMOVED RESULT
  printf '| %s | %s | %s | %s | %s |\n' "$@"
  if [[ $5 == BAD* ]]; then bad=$((bad + 1)); fi
}

pages_changed() { # OLD NEW: pages of 4 KiB that both have and that differ, and those only NEW has
  local size
  size=$(stat -c %s "$1")
  { cmp -l "$1" "$2" 2>/dev/null || true; } | awk -v grown=$((($(stat -c %s "$2") - size) / 4096)) '
    {page[int(($1 - 1) / 4096)]} END {n = grown; for (i in page) n++; print n}'
}

check_hive() { # LABEL FILE
  local label=$1 hive=$work/hive/${2##*/} reader before added removed result code
  rm -rf "$work/hive"
  mkdir "$work/hive"
  cp "$2" "$hive"
  chmod u+w "$hive"
  "$goldhive" plan --format reg "$hive" >"$work/plan.reg" 2>"$work/messages" || true
  planned "$work/plan.reg" >"$work/planned"
  if ! grep -q '^V' "$work/planned"; then
    echo "SKIPPED: $label: nothing to patch" >&2
    return 0
  fi
  before=$(sha256sum <"$hive")
  for reader in "${readers[@]}"; do
    dump "$reader" "$hive" >"$work/before.${reader//:/}" 2>"$work/messages" || rm "$work/before.${reader//:/}"
  done
  "$goldhive" patch --timestamp "$stamp" "$hive" >"$work/messages" 2>&1 || true
  summary+=("| $label | $(stat -c %s "$2") | $(grep -c ^V "$work/planned") | $(pages_changed "$2" "$hive") | $(($(stat -c %s "$hive") - $(stat -c %s "$2"))) |")
  for reader in "${readers[@]}"; do
    local old=$work/before.${reader//:/}
    if [ ! -s "$old" ]; then
      row "$label" "$reader" - - 'cannot read the original'
      continue
    fi
    dump "$reader" "$hive" >"$work/after" 2>"$work/messages" || true
    { diff "$old" "$work/after" || true; } >"$work/diff"
    sed -n 's/^> //p' "$work/diff" | normal | LC_ALL=C sort >"$work/added"
    sed -n 's/^< //p' "$work/diff" | normal | LC_ALL=C sort >"$work/removed"
    # Expected: the planned keys and values that were not there before.
    normal <"$work/planned" | LC_ALL=C sort -u >"$work/expected"
    { LC_ALL=C grep -P '^(K\t|V\t.*\t(int32 -?[0-9]+|[0-9a-f]{8})$)' "$old" || true; } | LC_ALL=C grep -Fif <(cut -f2 "$work/planned") |
      normal | LC_ALL=C sort -u | LC_ALL=C comm -13 - "$work/expected" >"$work/new"
    result=ok
    cmp -s "$work/new" "$work/added" || result='BAD: added is not as planned'
    # Only a value that the plan replaces may go.
    if cut -f2 "$work/removed" | grep -qvxFf <(grep ^V "$work/planned" | cut -f2); then result='BAD: removed'; fi
    added=$(wc -l <"$work/added") removed=$(wc -l <"$work/removed")
    row "$label" "$reader" "$added" "$removed" "$result"
    if [[ $result == BAD* ]]; then diff "$work/new" "$work/added" | head -5 >&2 || true; fi
  done
  code=0
  "$goldhive" verify "$hive" >"$work/messages" 2>&1 || code=$?
  row "$label" 'goldhive verify' - - "$(if [ "$code" = 0 ] && grep -q ' 0 faults' "$work/messages"; then echo ok; else echo "BAD: exit $code: $(tail -1 "$work/messages")"; fi)"
  if [ -n "${REGFCHECK:-}" ]; then
    local faults
    faults=$(
      for file in "$2" "$hive"; do $REGFCHECK "$file" 2>&1 | grep -oiE '"?errors"?[:= ]+[0-9]+' | grep -oE '[0-9]+' | head -1 || true; done | paste -sd' '
    )
    row "$label" 'external checker' - - "$(if [ "${faults#* }" = 0 ]; then echo ok; elif [ "${faults% *}" = "${faults#* }" ]; then echo "ok: the ${faults% *} errors of the original"; else echo "BAD: errors before and after: $faults"; fi)"
  fi
  "$goldhive" undo "$hive" >"$work/messages" 2>&1 || true
  row "$label" 'goldhive undo' - - "$(if [ "$(sha256sum <"$hive")" = "$before" ] && [ "$(stat -c %s "$hive")" = "$(stat -c %s "$2")" ]; then echo ok; else echo 'BAD: not the original SHA-256'; fi)"
}

summary=()
echo '| hive | reader | added | removed | result |'
echo '|---|---|---:|---:|---|'
if [ $# -gt 0 ]; then
  for file in "$@"; do check_hive "${file##*/}" "$file"; done
else
  if [ -n "${GOLDHIVE_CORPUS:-}" ]; then
    for file in "$GOLDHIVE_CORPUS"/real/*; do check_hive "real ${file##*/}" "$file"; done
  else
    echo "SKIPPED: real hives: GOLDHIVE_CORPUS is not set" >&2
  fi
  for recipe in windows-7-sp1-x64 windows-7-sp1-x86 windows-8-x64 windows-server-2008-r2-sp1 windows-server-2012 \
    05-explicit-old-default 18-boots-another-set 21-enabled-all-ones 29-other-spelling; do
    "$fixtures" make "$recipe" "$work/tree" >/dev/null
    while IFS= read -r file; do
      check_hive "$recipe ${file##*/}" "$file"
    done < <(find "$work/tree" -type f -exec sh -c 'head -c 4 "$1" | grep -q "^regf"' _ {} \; -print | LC_ALL=C sort)
    rm -rf "$work/tree"
  done
  # What is hard to edit: a db value beside the planned one, non-ASCII and many siblings, each kind of
  # list, split leaves below a ri, the oldest version.
  {
    software_text 20
    cat <<'TEXT'
[{,Wow6432Node\}Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp]
"Large"=bytes:59000:7
[Microsoft\Windows\CurrentVersion\Internet Settings\{Größe,Ära,ключ}]
[Microsoft\Windows\CurrentVersion\Internet Settings\sibling{0001..5000}]
TEXT
  } >"$work/hard.reg"
  for options in '--minor 3 --lists lf' '--lists li' '--lists lh' '--lists lh --leaf-limit 100'; do
    # shellcheck disable=SC2086  # several words
    "$fixtures" hive "$work/hard.reg" "$work/SOFTWARE" $options >&2
    check_hive "made with $options" "$work/SOFTWARE"
  done
  check_hive 'SOFTWARE, 67 MB' "$(software_hive 67)"
fi
echo
echo '| hive | bytes | values planned | pages of 4 KiB changed | growth, bytes |'
echo '|---|---:|---:|---:|---:|'
printf '%s\n' "${summary[@]}"
echo
echo "$bad bad"
[ "$bad" = 0 ]
