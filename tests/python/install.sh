#!/usr/bin/env bash
# Builds the wheel of the Python package as this checkout has it, and installs it into the virtual environment $1. Cargo's target folder
# is that of the other tests.
set -euo pipefail
cd "$(dirname "$0")/../../crates/windrow-py"
bin=$1/bin
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
PATH="$bin:$PATH" "$bin/maturin" build --profile dev --strip --all-features --locked --out "$wheels" 2>"$wheels/log" || { cat "$wheels/log"; exit 1; }
"$bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/*.whl
