"""A container engine: Docker where its daemon answers; else, as root, buildah and podman, which need none.

Without Docker's registry the bases of the Dockerfile cannot be pulled. They are made here then: Debian from its packages, kept
in the cache folder, under the names that the Dockerfile asks for; and for Rust's image one whose `cargo` and `maturin` give the
program and the wheel that were built already. The Dockerfile is the same, but for that its compiler is not run. With
WINDROW_TEST_COMPILE it is: Rust's image then has a C compiler from Debian, and this machine's toolchain.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "windrow" / "images"
# netavark calls iptables, which its package only expects to be there.
PACKAGES = ("buildah", "podman", "runc", "mmdebstrap", "iptables")
# Networks in which containers know each other by name.
NETWORKS = {"netavark": "/usr/lib/podman/netavark", "aardvark-dns": "/usr/lib/podman/aardvark-dns"}
# The process that answers names in networks.
DNS_PID = Path("/run/containers/networks/aardvark-dns/aardvark.pid")
DEBIAN = "docker.io/library/debian:trixie-slim"
# What Debian's own slim images leave out.
SLIM = ("/usr/share/doc/*", "/usr/share/info/*", "/usr/share/locale/*", "/usr/share/man/*")
RUST = "docker.io/library/rust:1.95-slim-trixie"
# In place of the compiler: what was built already. `maturin` copies the wheel to the folder after `--out`.
BUILT = {
    "cargo": "#!/bin/sh\nexec install -D /built/program \"$CARGO_TARGET_DIR/release/windrow\"\n",
    "maturin": "#!/bin/sh\nwhile [ \"$1\" != --out ]; do shift; done\nexec install -D -t \"$2\" /built/*.whl\n",
}
ENVIRONMENT = "ENV CARGO_HOME=/usr/local/cargo PATH=/usr/local/cargo/bin:/usr/local/bin:/toolchain/bin:/usr/sbin:/usr/bin:/bin\n"
COMPILER = "RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev\n"
BUILD = ("buildah", "bud", "--isolation", "chroot", "--pull-never", "--layers", "--format", "docker")
# Limits are what machines that are containers themselves may ask for.
SETTINGS = """[engine]
runtime = "runc"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "netavark"
default_subnet = "10.126.88.0/24"
"""


def quiet(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command[0]} {command[1]}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def until(is_so, what, limit_s, pause_s=0.2):
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if found := is_so():
            return found
        time.sleep(pause_s)
    raise AssertionError(f"{what}: not within {limit_s} s")


def forget_dns_server_of_earlier_boot():
    """netavark sends SIGHUP to the process of this file without asking which program it is. Where /run outlives a boot,
    another process may have the number by then, and dies of it."""
    try:
        program = Path("/proc", DNS_PID.read_text().strip(), "comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        program = None
    if program != "aardvark-dns":
        DNS_PID.unlink(missing_ok=True)


def installed():
    """Whether all that is needed is there."""
    return all(map(shutil.which, PACKAGES)) and all(map(os.path.exists, NETWORKS.values()))


def found(program, wheel):
    """The engine of this machine; none: there is none, and it cannot be installed. Where the compiler is not run, the images
    have this program and this wheel."""
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0:
        return Docker()
    if os.geteuid() != 0 or not (installed() or shutil.which("apt-get")):
        return None
    return Podman(program, wheel)


class Docker:
    name, always = "docker", ()

    def build(self, target, tag):
        quiet("docker", "build", "--target", target, "--tag", tag, ".", cwd=ROOT)

    def command(self, verb, *arguments):
        always = self.always if verb in ("run", "create") else ()
        return [self.name, *(str(part) for part in (verb, *always, *arguments))]


class Podman(Docker):
    name, always = "podman", ("--pull=never",)

    def __init__(self, program, wheel):
        self.built = (program, wheel)
        self.toolchain = quiet("rustc", "--print", "sysroot") if os.environ.get("WINDROW_TEST_COMPILE") else None
        if not installed():
            quiet("apt-get", "update", "--quiet")
            quiet("apt-get", "install", "--quiet", "--yes", "--no-install-recommends", *PACKAGES, *NETWORKS)
        forget_dns_server_of_earlier_boot()
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / "containers.conf").write_text(SETTINGS)
        os.environ["CONTAINERS_CONF"] = str(CACHE / "containers.conf")
        with tempfile.TemporaryDirectory() as folder:
            self._bases(Path(folder))

    def _bases(self, folder):
        base = CACHE / "debian-trixie-slim.tar"
        if not base.exists():
            unfinished = base.with_suffix(".unfinished.tar")
            slim = [f"--dpkgopt=path-exclude={path}" for path in SLIM] + ["--dpkgopt=path-include=/usr/share/doc/*/copyright"]
            quiet("mmdebstrap", "--variant=minbase", "--include=ca-certificates", *slim, "trixie", unfinished)
            unfinished.rename(base)
        (folder / "base.tar").hardlink_to(base) if base.stat().st_dev == folder.stat().st_dev else shutil.copy(base, folder / "base.tar")
        for name, text in BUILT.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        self.base(folder, DEBIAN, "FROM scratch\nADD base.tar /\nCMD [\"bash\"]\n")
        compiler = COMPILER if self.toolchain else f"COPY {' '.join(BUILT)} /usr/local/cargo/bin/\n"
        self.base(folder, RUST, f"FROM {DEBIAN}\n{compiler}{ENVIRONMENT}")

    def base(self, folder, tag, text):
        """An image from what is in a folder."""
        quiet(*BUILD, "--file", "-", "--tag", tag, ".", cwd=folder, input=text)

    def build(self, target, tag):
        # Certificates of this machine, which may be behind a proxy with one of its own.
        mounts = ["/etc/ssl/certs:/etc/ssl/certs:ro"]
        if self.toolchain:
            mounts += [f"{self.toolchain}:/toolchain:ro"]
        with tempfile.TemporaryDirectory() as folder:
            if not self.toolchain:
                for file, name in zip(self.built, ("program", Path(self.built[1]).name), strict=True):
                    shutil.copy(file, Path(folder) / name)
                mounts += [f"{folder}:/built:ro"]
            quiet(*BUILD, *(f"--volume={mount}" for mount in mounts), "--target", target, "--tag", tag, ".", cwd=ROOT)
