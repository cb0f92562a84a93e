#!/usr/bin/env bash
# Installs what is missing, builds goldhive with its tests, runs them. Arguments go to ctest.
set -euo pipefail
cd "$(dirname "$0")"
cmake/packages.sh build test
cmake --preset dev
cmake --build --preset dev
ctest --preset dev "$@"
