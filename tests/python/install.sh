#!/usr/bin/env bash
# Builds the wheel of the Python package as this checkout has it, and installs it into the virtual environments that are
# named, of which the first has maturin. Cargo's target folder is that of the other tests.
set -euo pipefail
bin=$1/bin
cd "$(dirname "$0")/../../crates/windrow-py"
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
PATH="$bin:$PATH" "$bin/maturin" build --profile dev --strip --all-features --locked --out "$wheels" 2>"$wheels/log" || { cat "$wheels/log"; exit 1; }
for venv; do
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/*.whl
done
