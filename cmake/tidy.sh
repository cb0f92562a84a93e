#!/usr/bin/env bash
# Runs clang-tidy with the lints of .clang-tidy; a finding is an error.
#
#   cmake/tidy.sh                 all files
#   cmake/tidy.sh --changed       those that the last 20 commits changed, or that are not committed
#                                 yet; at most 30, the newest first
#   cmake/tidy.sh FILE...         these
#   cmake/tidy.sh --deep ...      with clang's static analyzer too, which takes three times as long
#
# A header is seen by way of a file that includes it. Files of another platform are passed over.
set -euo pipefail
cd "$(dirname "$0")/.."
commits=20
limit=30

options=(--quiet -p build/tidy)
if [ "${1:-}" = --deep ]; then
  options+=("--checks=clang-analyzer-*")
  shift
fi

cmake --preset tidy >/dev/null
compiled=$(sed -n "s|^  \"file\": \"$PWD/\(.*\)\".*|\1|p" build/tidy/compile_commands.json |
  grep -v '^build/' | sort -u)

# includer HEADER: a file that includes it, the one of its own name if there is one.
includer() {
  local own=${1%.h}.cc
  if [ -e "$own" ]; then
    echo "$own"
  else
    # sed reads to the end: head would end grep by a signal, and with it this script. Nobody includes
    # the header of another platform.
    { grep -lF "#include \"$1\"" $compiled || true; } | sed -n 1p
  fi
}

# changed: names of changed files, the newest first.
changed() {
  git diff --name-only HEAD
  git log -n $commits --name-only --format=
}

chosen() {
  case ${1:-} in
    '') echo "$compiled" ;;
    --changed) changed | awk '/\.(cc|h)$/ && !seen[$0]++' ;;
    *) printf '%s\n' "$@" ;;
  esac
}

files=()
while read -r file; do
  [ -e "$file" ] || continue  # removed since
  case $file in *.h) file=$(includer "$file") ;; esac
  grep -qxF "$file" <<<"$compiled" || continue
  [[ " ${files[*]} " == *" $file "* ]] || files+=("$file")
done < <(chosen "$@")
if [ "${1:-}" = --changed ]; then files=("${files[@]:0:limit}"); fi

[ ${#files[@]} -gt 0 ] || exit 0
echo "clang-tidy on ${#files[@]} files"
tidy() { clang-tidy "$@" 2> >(grep -v ' warnings\? generated\.$' >&2); }
export -f tidy
printf '%s\0' "${files[@]}" |
  xargs -0 -P "$(nproc)" -n 1 bash -c 'tidy "$@"' bash "${options[@]}"
