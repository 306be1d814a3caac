"""One run of one engine: wall time and peak memory of the whole process."""

import functools
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .joined_rows import table_of
from .place import BENCH, remove


# What GoAccess is not asked for.
UNUSED_PANELS = (
    "VISITORS", "REQUESTS", "REQUESTS_STATIC", "NOT_FOUND", "HOSTS", "OS", "BROWSERS", "VIRTUAL_HOSTS", "REFERRERS",
    "REFERRING_SITES", "KEYPHRASES", "REMOTE_USER", "CACHE_STATUS", "GEO_LOCATION", "MIME_TYPE", "TLS_TYPE", "ASN",
)


@dataclass
class Run:
    engine: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    failed: str = ""


@functools.cache
def takes_jobs():
    """Whether this GoAccess reads with several threads: versions before 1.9 do not, and refuse the option."""
    return "--jobs" in subprocess.run(["goaccess", "--help"], capture_output=True, text=True, check=False).stdout


def command(engine, case, path, output, threads, windrow, python):
    if engine == "unpack":
        return [windrow.parent / "examples" / "unpack", path]
    if engine == "cat":
        return ["cat"]
    if engine == "goaccess":
        unused = [f"--ignore-panel={panel}" for panel in UNUSED_PANELS]
        return ["goaccess", path, "--log-format=COMBINED", "--hour-spec=min", "--no-progress", "--no-global-config",
                *(f"--jobs={threads}" for _ in range(takes_jobs())), *unused, "--output", output.with_suffix(".json")]
    if engine.startswith("windrow"):
        count = 1 if engine == "windrow-1thread" else threads
        path = "-" if reads_stdin(engine, case) else path
        look_up = ("--lookup", f"{table_of(path)} on user=id") if case.joined else ()
        return [windrow, "run", path, "--every", "10m", *case.windrow, *look_up, "--format", "csv",
                "--output", output, "--threads", str(count)]
    pattern = path / f"*{case.data.ending}" if path.is_dir() else path
    # -I keeps the folder of the script, where duckdb.py lies, out of the way of `import duckdb`.
    return [python, "-I", BENCH / "peers" / f"{engine}.py", "--input", pattern, "--output", output,
            "--shape", case.shape, "--time", case.data.time, "--threads", str(threads),
            *(("--where", case.where) if case.where else ()), *(("--table", table_of(path)) if case.joined else ())]


def reads_stdin(engine, case):
    return case.stdin and engine in ("windrow", "cat")


def run(engine, arguments, output, log, stdin="", path=None):
    """Starts a process, waits for it and asks the system what it took. Memory is the peak of the process or of
    any child it waited for. Linux counts this driver's own size as the floor of it: the driver stays small."""
    remove(output)
    with open(log, "wb") as said, open(path if stdin == "file" else os.devnull, "rb") as opened:
        start = time.perf_counter()
        # `cat` fills the pipe in a process of its own; its CPU time is not the engine's.
        writer = subprocess.Popen(["cat", path], stdout=subprocess.PIPE) if stdin == "pipe" else None
        process = subprocess.Popen([str(part) for part in arguments], stdin=writer.stdout if writer else opened,
                                   stdout=subprocess.DEVNULL if engine == "cat" else said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if writer:
            writer.stdout.close()
            writer.wait()
    process.returncode = os.waitstatus_to_exitcode(status)
    failed = ""
    if process.returncode != 0:
        failed = f"exit {process.returncode}: {' '.join(Path(log).read_text(errors='replace').split())[-500:]}"
    return Run(engine, seconds, usage.ru_utime + usage.ru_stime, megabytes(usage), failed)


def floor_mb():
    """What `peak_mb` cannot go below."""
    return megabytes(resource.getrusage(resource.RUSAGE_SELF))


def files_of(path):
    return sorted(path.iterdir()) if path.is_dir() else [path]


def megabytes(usage):
    """Peak resident memory; Linux tells it in KiB."""
    return usage.ru_maxrss * 1024 / 1e6


def warm(path):
    for file in files_of(path):
        with open(file, "rb", buffering=0) as opened:
            while opened.read(1 << 20):
                pass


def chill(path):
    """Drops the file from the page cache."""
    os.sync()
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        for file in files_of(path):
            with open(file, "rb") as opened:
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
