#!/usr/bin/env python3
"""Runs windrow over files of other projects: each must end in bounded time and memory, with rows that add up, as it did before.

    python3 tests/robustness.py WINDROW FOLDER [--bless]

FOLDER has a folder per corpus, whose files are not part of this repository (docs/robustness.md says where they are from). Each file
is read with its first column as the time, JSON with the member `a`; and as a person would read it: without any flag, then by the
first command that the error shows. Logs of loghub are read by a pattern. tests/robustness.tsv has how each has to end; a file that
is not in it fails. --bless writes it: read the difference.
"""

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SECONDS, BYTES = 5, 512 << 20
GOLDEN = Path(__file__).with_suffix(".tsv")
FORMATS = {".json": "json", ".parquet": "parquet", ".csv": "csv", ".tsv": "csv"}
SUGGESTED = re.compile(r"^.*?\bwindrow run (.+)$", re.M)
DAY = r"(?P<time>\w{3} +\d+ \d\d:\d\d:\d\d)"
# The times of loghub's logs: a pattern, their format, and the year of those without one.
LOGS = {
    "Android": (r"^(?P<time>\d\d-\d\d \d\d:\d\d:\d\d\.\d+)", "%m-%d %H:%M:%S.%f", "2017"),
    "Apache": (r"^\[(?P<time>\w{3} \w{3} \d\d [\d:]+ \d{4})\]", "%a %b %d %H:%M:%S %Y", None),
    "BGL": (r"^\S+ (?P<time>\d+) ", "epoch_s", None),
    "HDFS": (r"^(?P<time>\d{6} \d{6}) ", "%y%m%d %H%M%S", None),
    "HPC": (r"^\d+ \S+ \S+ \S+ (?P<time>\d{10}) ", "epoch_s", None),
    "Hadoop": (r"^(?P<time>\d{4}-\d\d-\d\d [\d:]+,\d+) ", "%Y-%m-%d %H:%M:%S,%f", None),
    "HealthApp": (r"^(?P<time>\d{8}-\d+:\d+:\d+):\d+\|", "%Y%m%d-%H:%M:%S", None),
    "Linux": (f"^{DAY}", "%b %d %H:%M:%S", "2005"),
    "Mac": (f"^{DAY}", "%b %d %H:%M:%S", "2017"),
    "OpenSSH": (f"^{DAY}", "%b %d %H:%M:%S", "2015"),
    "OpenStack": (r"^\S+ (?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) ", "%Y-%m-%d %H:%M:%S.%f", None),
    "Proxifier": (r"^\[(?P<time>\d\d\.\d\d [\d:]+)\]", "%m.%d %H:%M:%S", "2015"),
    "Spark": (r"^(?P<time>\d\d/\d\d/\d\d [\d:]+) ", "%y/%m/%d %H:%M:%S", None),
    "Thunderbird": (r"^\S+ (?P<time>\d{10}) ", "epoch_s", None),
    "Windows": (r"^(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d), ", "%Y-%m-%d %H:%M:%S", None),
    "Zookeeper": (r"^(?P<time>\d{4}-\d\d-\d\d [\d:]+,\d+) ", "%Y-%m-%d %H:%M:%S,%f", None),
}
COLUMNS = re.compile(r"(?:the columns are|the header has) (.+)")


class Broken(Exception):
    """What windrow must never do, whatever it reads."""


def limited():
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def run(windrow, arguments):
    """The exit code, what it said, and its summary."""
    with tempfile.TemporaryDirectory() as folder:
        summary, said = Path(folder, "s.json"), Path(folder, "said")
        command = [windrow, "run", *arguments, "--summary-json", str(summary), "--quiet"]
        with said.open("w") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, preexec_fn=limited
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        text = said.read_text(errors="replace")
        if process.returncode < 0:
            name = signal.Signals(-process.returncode).name
            raise Broken(f"{name}, after {usage.ru_utime + usage.ru_stime:.1f} s of its CPU time")
        if process.returncode in (1, 101) or "panicked" in text:
            raise Broken(f"exit {process.returncode}: {text.strip()[:400]}")
        if usage.ru_maxrss << 10 > BYTES:
            raise Broken(f"{usage.ru_maxrss >> 10} MiB")
        return process.returncode, text, json.loads(summary.read_text()) if summary.exists() else None


def adds_up(summary):
    """Law 1: every row that was read is somewhere."""
    rows = summary["rows"]
    parts = sum(rows[part] for part in ("counted", "filtered", "rejected", "ignored"))
    if rows["refused"] == 0 and rows["read"] != parts:
        raise Broken(f"the rows do not add up: {rows}")
    if rows["refused"] == 0 and not summary["files_refused"] and summary["bytes_read"] != summary["bytes_total"]:
        raise Broken(f"{summary['bytes_read']} of {summary['bytes_total']} bytes were read")


def said(windrow, path, arguments):
    """How a run ends, in a few words; and what it printed, if it has no summary."""
    code, text, summary = run(windrow, arguments)
    if summary is None:
        first = next((line for line in text.splitlines() if line.startswith("error: ")), "")
        return f"{code}: {first.replace(str(path), '').replace(f'table {path.parent},', 'table,').removeprefix('error: ').strip(': ')[:80]}", text
    adds_up(summary)
    rows = summary["rows"]
    reasons = ", ".join(f"{name} {n}" for name, n in sorted(rows["rejected_by_reason"].items()))
    refused = [file["code"] for file in summary["files_refused"]]
    error = (summary.get("error") or {}).get("code", "")
    parts = [f"read {rows['read']}", f"counted {rows['counted']}", reasons, *refused, error if not refused else ""]
    return f"{code}: {'; '.join(part for part in parts if part)}", None


def outcome(windrow, path):
    """How windrow ends on a file, when it is told a column and when it is told nothing."""
    form = FORMATS.get(path.suffix.lower())
    base = [str(path), "--every", "1y", *(["--input-format", form] if form else [])]
    if path.suffix == ".log" and (log := LOGS.get(path.parent.name)):
        pattern, times, year = log
        told = ["--pattern", pattern, "--time-format", times, *(["--year", year] if year else [])]
        return said(windrow, path, [*base, *told])[0]
    column = "a"
    if form != "json":
        _, text, _ = run(windrow, [*base, "--time", "no such column", "--no-key"])
        found = COLUMNS.search(text)
        column = found.group(1).split(", ")[0].strip('"') if found else "time"
    told, _ = said(windrow, path, [*base, f"--time={column}", "--no-key", "--time-format", "date"])
    alone, text = said(windrow, path, base[:3])
    if text and (command := SUGGESTED.search(text)) and (words := words_of(command.group(1))):
        alone = said(windrow, path, words)[0]
    return f"{told}\t{alone}"


def words_of(command):
    """The words of a command that can be copied, without what each run here is given; none: it has gaps to fill in."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if "--summary-json" in words:
        at = words.index("--summary-json")
        del words[at : at + 2]
    return [word for word in words if word != "--quiet"]


def main():
    windrow, folder = sys.argv[1], Path(sys.argv[2])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    golden = dict(line.split("\t", 1) for line in GOLDEN.read_text().splitlines()) if GOLDEN.exists() else {}

    def look(path):
        name = path.relative_to(folder).as_posix().encode("unicode_escape").decode()
        try:
            return name, outcome(windrow, path), None
        except Broken as broken:
            return name, None, str(broken)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(look, files))
    faults = [f"{name}: {broken}" for name, _, broken in found if broken]
    if "--bless" in sys.argv:
        GOLDEN.write_text("".join(f"{name}\t{ended}\n" for name, ended, _ in found if ended))
    else:
        for name, ended, _ in found:
            if ended and golden.get(name) != ended:
                faults.append(f"{name}: {golden.get(name, 'has no entry')}\n    now: {ended}")
    ends = {}
    for name, ended, _ in found:
        key = (name.split("/")[0], "broken" if ended is None else "/".join(part[0] for part in ended.split("\t")))
        ends[key] = ends.get(key, 0) + 1
    print("\n".join(f"{corpus}: exit {end}: {count}" for (corpus, end), count in sorted(ends.items())))
    print("\n".join(faults))
    print(f"{len(found)} files, {len(faults)} faults")
    sys.exit(bool(faults))


main()
