#!/usr/bin/env bash
# Builds the wheel of the Python package, and has Airflow, Dagster and Luigi run it, each in an environment of its own in the
# folder $1, which has a `python-venv` with maturin. `all.sh FOLDER airflow` is for one of them.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=$1
shift
[ $# -gt 0 ] || set -- luigi dagster airflow
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# pip takes minutes for some 130 packages, uv seconds. What pip alone is configured for, pip installs.
install() {
    uv="$cache/uv-venv/bin/uv"
    [ -x "$uv" ] || { python3 -m venv "$cache/uv-venv" && "$cache/uv-venv/bin/pip" install --quiet --disable-pip-version-check uv==0.13.9; } || true
    "$uv" pip install --quiet --system-certs --python "$1/bin/python" -r "$2" 2>"$log" ||
        "$1/bin/pip" install --quiet --disable-pip-version-check -r "$2"
}

venvs=()
for scheduler; do
    venv="$cache/$scheduler-venv" wanted="tests/schedulers/$scheduler.txt"
    venvs+=("$venv")
    cmp --quiet "$wanted" "$venv/installed" && continue
    rm -rf "$venv"
    python3 -m venv "$venv"
    install "$venv" "$wanted"
    cp "$wanted" "$venv/installed"
done
tests/python/install.sh "$cache/python-venv" "${venvs[@]}"

failed=0
for scheduler; do
    "$cache/$scheduler-venv/bin/python" "tests/schedulers/${scheduler}_runs.py" 2>"$log" || { cat "$log"; failed=1; }
done
exit "$failed"
