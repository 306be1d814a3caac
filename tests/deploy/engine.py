"""A container engine: Docker where its daemon answers; else, as root, buildah and podman, which need none.

Without Docker's registry the bases of the Dockerfile cannot be pulled. They are made here then: Debian from its packages, kept
in the cache folder, under the names that the Dockerfile asks for; and for Rust's image one whose `cargo` gives the
program that was built already. The Dockerfile is the same, but for that its compiler is not run.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "windrow" / "images"
PACKAGES = ("buildah", "podman", "runc", "mmdebstrap")
DEBIAN = "docker.io/library/debian:trixie-slim"
RUST = "docker.io/library/rust:1.95-slim-trixie"
CARGO = "#!/bin/sh\nexec install -D /program \"$CARGO_TARGET_DIR/release/windrow\"\n"
BUILD = ("buildah", "bud", "--isolation", "chroot", "--pull-never", "--layers", "--format", "docker")
# What may not be asked for on machines that are containers themselves.
LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")


def quiet(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command[0]} {command[1]}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def found(program):
    """The engine of this machine; none: there is none, and it cannot be installed."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        return Docker()
    if os.geteuid() != 0 or not (all(map(shutil.which, PACKAGES)) or shutil.which("apt-get")):
        return None
    return Podman(program)


class Docker:
    name, limits = "docker", ()

    def build(self, target, tag):
        quiet("docker", "build", "--target", target, "--tag", tag, ".", cwd=ROOT)

    def command(self, verb, *arguments):
        limits = self.limits if verb in ("run", "create") else ()
        return [self.name, *(str(part) for part in (verb, *limits, *arguments))]


class Podman(Docker):
    name, limits = "podman", (*LIMITS, "--pull=never", "--runtime", "runc")

    def __init__(self, program):
        self.program = program
        if not all(map(shutil.which, PACKAGES)):
            quiet("apt-get", "update", "--quiet")
            quiet("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *PACKAGES)
        with tempfile.TemporaryDirectory() as folder:
            self._bases(Path(folder))

    def _bases(self, folder):
        base = CACHE / "debian-trixie.tar"
        if not base.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            unfinished = base.with_suffix(".unfinished.tar")
            quiet("mmdebstrap", "--variant=minbase", "--include=ca-certificates", "trixie", unfinished)
            unfinished.rename(base)
        (folder / "base.tar").hardlink_to(base) if base.stat().st_dev == folder.stat().st_dev else shutil.copy(base, folder / "base.tar")
        (folder / "cargo").write_text(CARGO)
        (folder / "cargo").chmod(0o755)
        self._base(folder, DEBIAN, "FROM scratch\nADD base.tar /\nCMD [\"bash\"]\n")
        self._base(folder, RUST, f"FROM {DEBIAN}\nCOPY cargo /usr/local/cargo/bin/\nENV PATH=/usr/local/cargo/bin:/usr/local/bin:/usr/sbin:/usr/bin:/bin\n")

    def _base(self, folder, tag, text):
        (folder / "Dockerfile").write_text(text)
        quiet(*BUILD, "--tag", tag, ".", cwd=folder)

    def build(self, target, tag):
        # Certificates of this machine, which may be behind a proxy with one of its own.
        mounts = ("--volume", "/etc/ssl/certs:/etc/ssl/certs:ro", "--volume", f"{self.program}:/program:ro")
        quiet(*BUILD, *mounts, "--target", target, "--tag", tag, ".", cwd=ROOT)
