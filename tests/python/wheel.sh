#!/usr/bin/env bash
# Builds the wheel of the Python package as this checkout has it, into the folder $2, by the maturin of the virtual environment $1.
# Cargo's target folder is that of the other tests.
set -euo pipefail
bin=$1/bin out=$2
cd "$(dirname "$0")/../../crates/windrow-py"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
PATH="$bin:$PATH" "$bin/maturin" build --profile dev --strip --all-features --locked --out "$out" 2>"$log" || { cat "$log"; exit 1; }
