"""A job with a ledger in a folder of its own, ways to make its runs fail, and the running of tests by name."""

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

JOB = """name = "app-events"
version = 1
[source]
path = "logs"
time = "time"
keys = ["action"]
[limits]
rejects = 0
[reports.actions]
every = "10m"
values = ["Open", "Close"]
[output]
path = "out"
"""
DAY = "2024-01-31T"


class Place:
    def __init__(self, folder):
        self.folder, self.job, self.out = folder, folder / "job.toml", folder / "out"
        (folder / "logs").mkdir()
        self.job.write_text(JOB)
        self.log("monday.csv", "09:00:00Z,Open", "09:01:00Z,Close", "09:15:00Z,Open")

    def log(self, name, *rows):
        """A log, which was finished a while ago: a run of the next moment need not look at it again."""
        file = self.folder / "logs" / name
        file.write_text("time,action\n" + "".join(f"{DAY}{row}\n" for row in rows))
        past = time.time() - 60
        os.utime(file, (past, past))

    def break_storage(self):
        """The next run ends with exit code 4: its output folder cannot be made."""
        self.out.write_text("")

    def mend_storage(self):
        self.out.unlink()


def main(scheduler, tests):
    """Runs the functions of a module that begin with `test_`, each in a place of its own."""
    passed = failed = 0
    for name, test in list(tests.items()):
        if not name.startswith("test_"):
            continue
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="windrow-schedulers-") as folder:
            try:
                test(Place(Path(folder)))
                passed, end = passed + 1, "ok"
            except BaseException:  # noqa: BLE001 - whatever a test ends with, the others run
                failed, end = failed + 1, f"FAILED\n{traceback.format_exc()}"
        print(f"{scheduler}: {name.removeprefix('test_').replace('_', ' ')}, {time.monotonic() - began:.1f} s: {end}", flush=True)
    print(f"{scheduler}: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
