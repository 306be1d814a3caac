#!/usr/bin/env bash
# Builds the wheel of the Python package as this checkout has it, and installs it into the virtual environments that are
# named, of which the first has maturin.
set -euo pipefail
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
"$(dirname "$0")/wheel.sh" "$1" "$wheels"
for venv; do
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --force-reinstall "$wheels"/*.whl
done
