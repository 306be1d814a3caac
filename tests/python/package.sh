#!/usr/bin/env bash
# Builds the wheel of the Python package as this checkout has it, installs it into the virtual environment $1, and tests it there:
# its stubs, its types, what it does, and the notebooks. Cargo's target folder is that of the other tests.
set -euo pipefail
cd "$(dirname "$0")/../../crates/windrow-py"
bin=$1/bin
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
PATH="$bin:$PATH" "$bin/maturin" build --profile dev --strip --all-features --locked --out "$wheels" 2>"$wheels/log" || { cat "$wheels/log"; exit 1; }
"$bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/*.whl
cd "$wheels"
export MYPY_CACHE_DIR=$wheels/mypy
types="$OLDPWD/pyproject.toml"
"$bin/stubtest" windrow._native --mypy-config-file "$types" --ignore-disjoint-bases >"$wheels/log" || { cat "$wheels/log"; exit 1; }
"$bin/mypy" --config-file "$types" --no-error-summary -p windrow
"$bin/python" -m pytest -q -p no:cacheprovider "$OLDPWD/tests"
"$bin/python" "$OLDPWD/../../tests/python/notebooks.py"
