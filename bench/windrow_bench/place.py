"""Where things are: caches, the virtual environment of the peers, the data, and what the machine is."""

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "windrow"
DATA = CACHE / "bench-data"
# Answers go to memory where they can: what is measured is the engines, not how long a disk takes to have all of it.
MEMORY = Path("/dev/shm")
OUT = MEMORY / "windrow-bench" if MEMORY.is_dir() else DATA / "out"
VENV = CACHE / "bench-venv"
PYTHON = VENV / "bin" / "python"
PACKAGES = ("duckdb", "polars", "chdb", "datafusion", "pyspark==4.3.*")


def peers_python():
    """The Python that has the peers; made once."""
    if output(PYTHON, "-c", "import duckdb, polars, chdb, datafusion, pyspark; print('there')") != "there":
        say(f"installing {', '.join(PACKAGES)} into {VENV}")
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return PYTHON


def built_windrow(*features):
    """The release binary of this source tree, with these features."""
    build = ["cargo", "build", "--release", "--workspace", *(f"--features=windrow-cli/{name}" for name in features)]
    subprocess.run([*build, "--bin", "windrow", "--example", "unpack"], cwd=ROOT, check=True)
    target = os.environ.get("CARGO_TARGET_DIR") or ROOT / "target"
    return Path(target) / "release" / "windrow"


def events_of(data, scale):
    return max(1, round(data.events * scale)) if data.scales else data.events


def made(data, scale, windrow):
    """The path of the data, written unless exactly this is there."""
    events = events_of(data, scale)
    files = max(2, round(data.files * scale)) if data.files > 1 else 1
    path = DATA / (f"{data.name}-{events}{data.ending}" if files == 1 else f"{data.name}-{events}-{files}")
    arguments = ["generate", "--events", str(events), "--files", str(files), *data.options]
    note = DATA / f"{path.name}.made-by"
    if path.exists() and note.exists() and note.read_text() == " ".join(arguments):
        return path
    DATA.mkdir(parents=True, exist_ok=True)
    note.unlink(missing_ok=True)
    remove(path)
    say(f"writing {path}")
    rows = path if data.rewritten is None else path.with_name(f"{path.name}.rows.csv")
    subprocess.run([windrow, *arguments, "--output", rows], check=True)
    if data.rewritten is not None:
        data.rewritten(rows, path)
        remove(rows)
    note.write_text(" ".join(arguments))
    return path


def remove(path):
    """Takes away a file or a folder, if there is one."""
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def machine(windrow):
    """What a number depends on beside the code."""
    cpu = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    packages = json.loads(output(PYTHON, "-m", "pip", "list", "--format", "json")) if PYTHON.exists() else []
    names = {name.split("=")[0] for name in PACKAGES}
    dirty = " with changes" if output("git", "-C", ROOT, "status", "--porcelain") else ""
    return {
        "date": date.today().isoformat(),
        "cpu": cpu.group(1) if cpu else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": f"{platform.system()} {platform.release()}",
        "commit": output("git", "-C", ROOT, "rev-parse", "--short=12", "HEAD") + dirty,
        "versions": {
            "windrow": output(windrow, "--version"),
            "rustc": output("rustc", "--version"),
            "python": platform.python_version(),
            "java": output("java", "-version").partition("\n")[0],
            **{package["name"]: package["version"] for package in packages if package["name"] in names},
        },
    }


def output(*command):
    """What a command says, or nothing where it is not there."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def say(text):
    print(text, file=sys.stderr, flush=True)
