#!/usr/bin/env bash
# Builds the wheels of a release into the folder $1: one for Linux on x86-64 and one on aarch64, for Python 3.11 and later (abi3), by
# zig, so that they run with the C library of 2012 (manylinux2014). The one for this machine is then installed into an empty virtual
# environment, where it has to answer.
#
#   tests/python/wheels.sh FOLDER [TARGET...]       targets as Rust names them; both without
#
# A Python without a global lock needs a wheel of its own: it is built as well where one is in PATH (python3.13t, python3.14t).
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
targets=("${@:-}")
[ "${targets[0]}" ] || targets=(x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/windrow"
tools="$cache/wheels-venv"
if [ "$(cat "$tools/installed" 2>/dev/null || true)" != "$(cat "$root/tests/python/wheels.txt")" ]; then
    rm -rf "$tools"
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check -r "$root/tests/python/wheels.txt"
    cp "$root/tests/python/wheels.txt" "$tools/installed"
fi
export PATH="$tools/bin:$PATH"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
# Spark's protocol is compiled by `protoc`; ./test has one.
export PROTOC="${PROTOC:-$cache/spark-venv/bin/protoc}"

wheel() {
    local target=$1
    shift
    if ! rustc --print target-libdir --target "$target" | xargs test -d; then
        rustup target add "$target"
    fi
    (cd "$root/crates/windrow-py" && maturin build --release --strip --locked --zig --compatibility manylinux2014 \
        --target "$target" --out "$folder" "$@")
}

for target in "${targets[@]}"; do
    wheel "$target" --all-features
done
free=$(command -v python3.14t || command -v python3.13t || true)
if [ "$free" ]; then
    wheel "$(rustc -vV | sed -n 's/^host: //p')" --no-default-features --features spark,object-store --interpreter "$free"
else
    echo "no wheel for a Python without a global lock: there is no python3.14t or python3.13t"
fi

(cd "$folder" && ls -l ./*.whl)
python3 "$root/tests/python/installed.py" "$folder"
