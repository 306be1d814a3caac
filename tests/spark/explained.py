#!/usr/bin/env python3
"""Whether `windrow compare` explains what PySpark has counted: logs and jobs by a seed, whose habits are known.

  python tests/spark/explained.py target/debug/windrow FIRST LAST [FOLDER]     FOLDER has seeds of oldjob.py; without, they are made

A verified cause that is not a habit of the job is false, and none may be. At least 19 of 20 answers that differ must be explained
in all their windows.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import oldjob  # noqa: E402

READER_OPTIONS = ["multiLine", "escape", "mode"]
CASES = {"title": "initcap", "lower": "lower", "upper": "upper"}


def compared(windrow, folder):
    command = [windrow, "compare", "old", "job.toml", "--format", "json", "--limit", "3", "-q"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def is_named(habits, patterns):
    """Whether the job's pattern is among these. What no time fits may fit one in a file that the job did not read."""
    is_about_inputs = patterns[0].startswith("fits") and habits["missing"]
    return is_about_inputs or habits["cast"].removeprefix("pattern ") in patterns[1].split(" or ")


def is_false(habits, cause):
    """Whether a verified cause says what the job did not do. Of several that the counts fit, one must be what it did."""
    # Values that are named may hold line ends.
    either = re.search(r"either (.*) \(the counts fit each of them\)", cause["text"], re.DOTALL)
    if either:
        ways = [cause["text"].replace(either[0], way) for way in either[1].split(", or ")]
        # What is not named may be what it did.
        return "something else" not in either[1] and all(is_false(habits, {**cause, "text": way}) for way in ways)
    kind, text, words = cause["kind"], cause["text"], habits["cleaning"].split()
    if kind == "either":
        return is_false(habits, {"kind": "spark", "text": text}) or any(
            (" not in old" in text and not habits["missing"], "counted twice" in text, "by the clock" in text)
        )
    if kind in ("spark", "case"):
        cased = [word for word in words if word in CASES.values()]
        trims = "trim" in words
        options = re.search(r"CSV reader does(?: with ([^(]*))?", text)
        patterns = re.search(r"(?:as|fits) the pattern (.*?)(?: does\b|\)|$)", text)
        return (
            ("does not trim" in text and trims)
            or ("trims only spaces" in text and not trims)
            or ("keeps the case" in text and cased != [])
            or ("in any case" in text and not cased)
            or any(f"to {name} case" in text and word not in words for name, word in CASES.items())
            or ("rows without a value" in text and habits["rows"] == "all")
            or ("reads no time" in text and not habits["cast"].startswith("pattern "))
            or "reads no file" in text
            # Results with a column per value count the known values alone.
            or ("counts none of the rows" in text and habits["rows"] != "known" and habits["shape"] == "long")
            or bool(patterns and not is_named(habits, patterns))
            or bool(options and options[1] and any(f"{name}=" in options[1] and name not in habits["reader"] for name in READER_OPTIONS))
        )
    return {
        "missing": not habits["missing"],
        "late": not habits["missing"],
        "twice": True,
        "boundary": True,
        "zone": True,
        "other": habits["shape"] == "long" and habits["rows"] != "known",
        "null": habits["rows"] == "all" and "written as" not in text,
    }.get(kind, False)


def judged(windrow, folder):
    habits, end = json.loads((folder / "habits.json").read_text()), compared(windrow, folder)
    if not end.stdout:
        return f"exit {end.returncode}", end.stderr.strip()
    found = json.loads(end.stdout)
    if found["equal"]:
        return "equal", ""
    verified = [cause for cause in found["causes"] if cause["verified"]]
    told = f"{habits}\n" + "\n".join(f"  {cause['kind']}: {cause['text']}" for cause in verified)
    if any(is_false(habits, cause) for cause in verified):
        return "false", told
    return ("explained" if verified and found["windows_unexplained"] == 0 else "unexplained"), told


def main():
    windrow, first, last = Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory(prefix="windrow-old-jobs-") as made:
        target = Path(sys.argv[4] if len(sys.argv) > 4 else made).resolve()
        if len(sys.argv) <= 4:
            oldjob.write_all(target, first, last)
        folders = [target / str(seed) for seed in range(first, last + 1)]
        folders = [folder for folder in folders if (folder / "old" / "_SUCCESS").exists()]
        tally = Counter()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for folder, (end, told) in zip(folders, pool.map(lambda folder: judged(windrow, folder), folders), strict=True):
                tally[end] += 1
                if end not in ("equal", "explained"):
                    print(f"seed {folder.name}: {end}: {told}", flush=True)
    print(f"old jobs {first} to {last}: {dict(tally)}")
    differing = sum(tally.values()) - tally["equal"]
    return 0 if differing and not tally["false"] and tally["explained"] * 20 >= differing * 19 else 1


if __name__ == "__main__":
    sys.exit(main())
