# shellcheck shell=bash
# Sourced by ./test and release/build: where tools are kept, and how they come there.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/windrow"

# A virtual environment with what a file of requirements lists, made again when the list changes.
venv() {
    local folder=$1 requirements=$2 want
    want=$(cat "$requirements")
    [ "$(cat "$folder/installed" 2>/dev/null || true)" = "$want" ] && return
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
    printf '%s' "$want" >"$folder/installed"
}

# A program of this version, from the registry of crates. It is built in the shortest time: what it does takes none.
tool() {
    grep -qsF "\"$1 $2 (" "$cache/tools/.crates.toml" && return
    env -u CARGO_TARGET_DIR cargo install --quiet --locked --force --debug --root "$cache/tools" --version "$2" "$1"
}

# Whether Rust can compile for this target here; what rustup can fetch, it fetches.
has_target() {
    [ -d "$(rustc --print target-libdir --target "$1")" ] || rustup target add "$1" >/dev/null 2>&1
}
