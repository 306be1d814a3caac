#!/usr/bin/env bash
# Builds the wheels of a release into the folder $1: one for Linux on x86-64 and one on aarch64, for Python 3.11 and later (abi3), by
# zig, so that they run with the C library of 2012 (manylinux2014). The one for this machine is then installed into an empty virtual
# environment, where it has to answer.
#
#   tests/python/wheels.sh FOLDER [TARGET...]       targets as Rust names them; both without
#
# A free-threaded Python needs a wheel of its own: it is built where python3.14t is in PATH. What cannot be built here is said.
set -euo pipefail
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
targets=("$@")
[ "${#targets[@]}" != 0 ] || targets=(x86_64-unknown-linux-gnu aarch64-unknown-linux-gnu)
cd "$(dirname "$0")/../.."
. tests/tools.sh
builder="$cache/release-venv"
venv "$builder" release/requirements.txt
export PATH="$builder/bin:$PATH"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
# Spark's protocol is compiled by it.
export PROTOC="$builder/bin/protoc"

wheel() {
    local target=$1
    shift
    (cd crates/windrow-py && maturin build --quiet --release --strip --locked --zig --compatibility manylinux2014 --target "$target" --out "$folder" "$@")
}

for target in "${targets[@]}"; do
    if has_target "$target"; then
        wheel "$target" --all-features
    else
        echo "no wheel for $target: rustup has no such target here" >&2
    fi
done
if free=$(command -v python3.14t); then
    wheel "$(rustc -vV | sed -n 's/^host: //p')" --no-default-features --features spark,object-store,png,sql --interpreter "$free"
else
    echo "no wheel for a free-threaded Python: there is no python3.14t in PATH" >&2
fi

python3 tests/python/installed.py "$folder"
