#!/usr/bin/env bash
# Tests the Python package in the virtual environment $1, into which it is built and installed: its stubs, its types, what it does, and
# the notebooks that need no Spark.
set -euo pipefail
"$(dirname "$0")/install.sh" "$1"
cd "$(dirname "$0")/../../crates/windrow-py"
bin=$1/bin
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Here `windrow` is what was installed.
cd "$work"
export MYPY_CACHE_DIR=$work/mypy
types="$OLDPWD/pyproject.toml"
"$bin/stubtest" windrow._native --mypy-config-file "$types" --ignore-disjoint-bases >"$work/log" || { cat "$work/log"; exit 1; }
"$bin/mypy" --config-file "$types" --no-error-summary -p windrow
"$bin/python" -m pytest -q -p no:cacheprovider "$OLDPWD/tests"
"$bin/python" "$OLDPWD/../../tests/python/notebooks.py"
