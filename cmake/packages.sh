#!/usr/bin/env bash
# Installs the Debian packages the project needs, if any is missing; does nothing otherwise.
#
#   cmake/packages.sh build        what the build needs
#   cmake/packages.sh build test   what the build and the tests need
#   cmake/packages.sh build test ci
#
# The lists are the "# package:" lines of Dependencies.cmake: "# package: NAME" is for the build,
# "# package(test): NAME" for the tests, "# package(ci): NAME" for .ci/run alone.
set -euo pipefail
list=$(dirname "$0")/Dependencies.cmake

wanted=()
for kind in "$@"; do
  case $kind in
    build) pattern='^# package: ' ;;
    *) pattern="^# package\\($kind\\): " ;;
  esac
  while read -r names; do
    # shellcheck disable=SC2206  # several names may stand on one line
    wanted+=($names)
  done < <(grep -E "$pattern" "$list" | sed -E 's/^[^:]*: //')
done

missing=()
for name in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$name")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "This is no Debian system. Install the equivalents of: ${missing[*]}" >&2
  exit 0
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq >&2
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
