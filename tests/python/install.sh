#!/usr/bin/env bash
# Installs the wheel of the Python package into the virtual environments that are named. The wheel is the file WINDROW_TEST_WHEEL; without
# it, it is built as this checkout has it, and the first environment needs maturin.
set -euo pipefail
wheel=${WINDROW_TEST_WHEEL:-}
if [ -z "$wheel" ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    "$(dirname "$0")/wheel.sh" "$1" "$folder"
    wheel=$(echo "$folder"/*.whl)
fi
for venv; do
    # What runs by this environment at the same time goes on running by it.
    [ "$(cat "$venv/windrow-wheel" 2>/dev/null || true)" != "$wheel" ] || continue
    rm -f "$venv/windrow-wheel"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheel"
    printf '%s' "$wheel" >"$venv/windrow-wheel"
done
