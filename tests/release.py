#!/usr/bin/env python3
"""A release, up to its upload: the notes, the archive, the Debian package, the wheel, the list of dependencies, the hashes.

  python3 tests/release.py              what takes seconds: the notes, the versions, and which files would be uploaded
  python3 tests/release.py --debug      builds the parts for this machine in the debug profile, and looks into them
  python3 tests/release.py --long       builds all parts as they are uploaded, the static program and the wheels of all targets too

A FOLDER behind these keeps what was built. `--built FOLDER` looks into what release/build has made there, and builds nothing.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
import traceback
import zipfile
import zlib
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[1]
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
LOCKED = {(one["name"], one["version"]) for one in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]}
QUESTION = ("run", ROOT / "examples" / "events.csv", "--every", "1d", "--values", "Open,Close", "--quiet")
CHANGELOG = "# Changes\n\n## 0.3.0 (2027-01-02)\n\n- three\n\n### Spark\n- more\n\n## 0.2.0 (unreleased)\n- two\n\n## 0.1.0 (2026-01-01)\n"


def run(*command, code=0, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, cwd=options.pop("cwd", ROOT), **options)
    assert done.returncode == code, f"{command[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def answers(program):
    """Whether a program says its version, and counts."""
    assert run(program, "--version").split()[:2] == ["windrow", VERSION]
    assert run(program, *QUESTION).count("\n") == 3


def one(folder, pattern):
    (found,) = folder.glob(pattern)
    return found


def test_notes_are_the_section_of_the_version(folder):
    changelog = folder / "CHANGELOG.md"
    changelog.write_text(CHANGELOG)
    assert run(ROOT / "release" / "notes", "0.3.0", changelog) == "# windrow 0.3.0\n\n- three\n\n### Spark\n- more\n"
    assert run(ROOT / "release" / "notes", "0.2.0", changelog) == "# windrow 0.2.0\n\n- two\n"
    run(ROOT / "release" / "notes", "0.1.0", changelog, code=1)
    run(ROOT / "release" / "notes", "0.3", changelog, code=1)


def test_the_version_is_the_same_everywhere(_):
    assert set(re.findall(r"^ARG VERSION=(.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)) == {VERSION}
    assert re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1] == VERSION
    manifest = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
    assert {value["version"] for value in manifest["dependencies"].values() if isinstance(value, dict) and "path" in value} == {VERSION}


def test_cargo_installs_the_command(folder):
    profile = ["--debug"] if HOW == "debug" else []
    run("cargo", "install", "--quiet", *profile, "--locked", "--all-features", "--path", "crates/windrow-cli", "--root", folder)
    answers(folder / "bin" / "windrow")


def test_the_archive_has_the_program_and_its_dependencies(folder):
    path = one(BUILT, "windrow-*-gnu.tar.gz")
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    assert inside.name == path.name.removesuffix(".tar.gz")
    answers(inside / "windrow")
    assert {"LICENSE", "README.md", "CHANGELOG.md", "man", "completions"} <= {file.name for file in inside.iterdir()}
    assert (inside / "man" / "windrow-run.1").read_text().startswith(".ie") or ".TH" in (inside / "man" / "windrow-run.1").read_text()
    # `cargo auditable`: what the program is made of, in the program.
    run("objcopy", "--dump-section", f".dep-v0={folder}/list", inside / "windrow", folder / "copy")
    listed = {(package["name"], package["version"]) for package in json.loads(zlib.decompress((folder / "list").read_bytes()))["packages"]}
    assert listed <= LOCKED and {"windrow", "arrow-array", "tonic"} <= {name for name, _ in listed}, listed - LOCKED


def test_the_static_program_runs_without_libraries(folder):
    # A trial has none.
    for path in BUILT.glob("windrow-*-linux-static.tar.gz"):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
        program = one(folder, "*/windrow")
        answers(program)
        assert "NEEDED" not in run("readelf", "--dynamic", program) and "INTERP" not in run("readelf", "--segments", program)


def test_the_debian_package_can_be_unpacked(folder):
    path = one(BUILT, f"windrow_{VERSION}*.deb")
    assert run("dpkg-deb", "--field", path, "Package", "Version").splitlines()[0] == "Package: windrow"
    assert "libc6" in run("dpkg-deb", "--field", path, "Depends")
    assert run("dpkg-deb", "--field", path, "Maintainer").strip() == "windrow developers"
    run("dpkg-deb", "--extract", path, folder)
    answers(folder / "usr" / "bin" / "windrow")
    names = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    assert {"usr/share/man/man1/windrow-run.1.gz", "usr/share/bash-completion/completions/windrow", "usr/share/doc/windrow/copyright"} <= names, names


def test_the_wheel_has_the_module_and_the_command(_):
    for path in BUILT.glob(f"windrow-{VERSION}-*.whl"):
        names = zipfile.ZipFile(path).namelist()
        assert "windrow/__init__.py" in names and any(name.startswith("windrow/_native") and name.endswith(".so") for name in names)
        (entry,) = (name for name in names if name.endswith("entry_points.txt"))
        assert "windrow=windrow._command:main" in zipfile.ZipFile(path).read(entry).decode().replace(" ", "")
    assert list(BUILT.glob("*.whl"))


def test_the_list_of_dependencies_is_that_of_the_lock_file(_):
    listed = json.loads((BUILT / f"windrow-{VERSION}.cdx.json").read_text())
    assert (listed["bomFormat"], listed["metadata"]["component"]["name"]) == ("CycloneDX", "windrow-cli")
    found = {(part["name"], part["version"]) for part in listed["components"]}
    assert found <= LOCKED and {"windrow", "arrow-array", "tonic"} <= {name for name, _ in found}, found - LOCKED
    assert all(part.get("licenses") for part in listed["components"])


def test_hashes_are_of_every_file_and_no_file_of_the_checkout_has_changed(_):
    run("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=BUILT)
    hashed = {line.split()[1] for line in (BUILT / "SHA256SUMS").read_text().splitlines()}
    assert hashed == {file.name for file in BUILT.iterdir()} - {"SHA256SUMS", "notes.md"}
    assert run("git", "status", "--porcelain") == BEFORE


def test_what_is_uploaded_is_what_was_built(folder):
    checkout, asked = folder / "checkout", folder / "asked"
    (checkout / "release").mkdir(parents=True)
    for name in ("Cargo.toml", "CHANGELOG.md", "release/upload", "release/notes"):
        shutil.copy(ROOT / name, checkout / name)
    (folder / "bin").mkdir()
    for name in ("twine", "gh"):
        (folder / "bin" / name).write_text(f'#!/bin/sh\nprintf "%s\\n" {name} "$@" >>"$ASKED"\n')
        (folder / "bin" / name).chmod(0o755)
    variables = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "ASKED": str(asked)}
    upload = lambda code: run(checkout / "release" / "upload", BUILT, code=code, env=variables)
    changelog = checkout / "CHANGELOG.md"
    changelog.write_text(f"## {VERSION} (unreleased)\n- new\n")
    upload(2)
    assert not asked.exists()
    changelog.write_text(f"## {VERSION} (2026-12-01)\n- new\n")
    upload(0)
    files = {Path(line).name for line in asked.read_text().splitlines() if line.startswith(str(BUILT))}
    assert files == {file.name for file in BUILT.iterdir()} and f"v{VERSION}" in asked.read_text().splitlines()
    # A file that is not what was built is not uploaded.
    asked.unlink()
    broken = folder / "broken"
    shutil.copytree(BUILT, broken)
    with one(broken, "*.cdx.json").open("a") as file:
        file.write("\n")
    run(checkout / "release" / "upload", broken, code=1, env=variables)
    assert not asked.exists()


# What needs no part to be built.
LIGHT = ("notes", "the_version", "what_is_uploaded")


def built(how, folder):
    """Whether the parts were built; of a light test stand-ins."""
    build = lambda *arguments: not subprocess.run([ROOT / "release" / "build", *arguments], check=False).returncode
    if how == "built":
        return True
    if how == "long":
        return build(folder)
    if how == "debug":
        return build("--debug", folder, "notes", "program", "deb", "wheels", "sbom", "sums")
    for name in (f"windrow-{VERSION}-x86_64-unknown-linux-gnu.tar.gz", f"windrow-{VERSION}-cp311-abi3-linux.whl", f"windrow-{VERSION}.cdx.json", f"windrow_{VERSION}-1_amd64.deb"):
        (folder / name).write_text(name)
    return build(folder, "notes", "sums")


def main():
    global BUILT, BEFORE, HOW
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    HOW = next((argument[2:] for argument in sys.argv[1:] if argument in ("--long", "--debug", "--built")), "light")
    BEFORE = run("git", "status", "--porcelain") if HOW != "light" else None
    passed = failed = 0
    with contextlib.ExitStack() as stack:
        BUILT = Path(arguments[0] if arguments else stack.enter_context(tempfile.TemporaryDirectory(prefix="windrow-release-"))).absolute()
        BUILT.mkdir(exist_ok=True)
        began = time.monotonic()
        if not built(HOW, BUILT):
            print("release: release/build has failed\nrelease: 0 passed, 1 failed")
            return 1
        print(f"release: {HOW}, {time.monotonic() - began:.1f} s: ok", flush=True)
        for name, test in list(globals().items()):
            if not name.startswith("test_"):
                continue
            name = name.removeprefix("test_")
            if HOW == "light" and not name.startswith(LIGHT):
                continue
            began = time.monotonic()
            with tempfile.TemporaryDirectory(prefix="windrow-release-") as folder:
                try:
                    test(Path(folder))
                    passed, end = passed + 1, "ok"
                except Exception:  # noqa: BLE001 - whatever a test ends with, the others run
                    failed, end = failed + 1, f"FAILED\n{traceback.format_exc()}"
            print(f"release: {name.replace('_', ' ')}, {time.monotonic() - began:.1f} s: {end}", flush=True)
    print(f"release: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
