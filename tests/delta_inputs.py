"""windrow reads Delta tables that others write, at each of their versions, with a ledger and without one.

    python tests/delta_inputs.py path/to/windrow

delta-rs writes a table of 20,000 rows in partitions, appends, deletes, updates, joins its files and makes checkpoints. After each
step windrow has to count what delta-rs itself reads, in one run over all of it and in a run that keeps a ledger; a step that
changes no row may change no number.
"""

import collections
import csv
import datetime
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import pyarrow
from deltalake import DeltaTable, write_deltalake

JOB = """name = "events"
version = 1
[source]
format = "delta"
path = "table"
time = "time"
keys = ["country", "action"]
[reports.hours]
every = "1h"
[output]
path = "out"
"""
ACTIONS = ["Open", "Close", "a/b c%", None]
COUNTRIES = ["de", "fr", "é=ü", None]
BEGIN = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def events(chance, n):
    rows = [(chance.randrange(86_400), chance.choice(ACTIONS), chance.choice(COUNTRIES), i) for i in range(n)]
    return pyarrow.table(
        {
            "time": pyarrow.array(
                [BEGIN + datetime.timedelta(seconds=row[0]) for row in rows], pyarrow.timestamp("us", "UTC")
            ),
            "action": pyarrow.array([row[1] for row in rows], pyarrow.string()),
            "country": pyarrow.array([row[2] for row in rows], pyarrow.string()),
            "n": pyarrow.array([row[3] for row in rows], pyarrow.int64()),
        }
    )


def expected(path):
    """What delta-rs reads, per hour, country and action."""
    counts = collections.Counter()
    for row in DeltaTable(path).to_pyarrow_table().to_pylist():
        hour = row["time"].strftime("%Y-%m-%dT%H:00:00Z")
        counts[hour, row["country"] or "", row["action"] or ""] += 1
    return dict(counts)


def answer(windrow, folder, *arguments):
    said = subprocess.run([windrow, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert said.returncode == 0, f"{arguments}: {said.returncode} {said.stderr}"
    return said.stdout


def counted(windrow, folder, *inputs):
    rows = csv.DictReader(answer(windrow, folder, "run", "job.toml", *inputs).splitlines())
    return {(row["window_start"], row["country"], row["action"]): int(row["count"]) for row in rows}


def steps(path):
    """Changes of the table; whether one changes rows."""
    chance = random.Random(12)

    def append(n, **options):
        write_deltalake(path, events(chance, n), mode="append", partition_by=["country"], **options)

    def twice():
        rows = events(chance, 40)
        for _ in range(2):
            write_deltalake(path, rows, mode="append", partition_by=["country"])

    def with_column():
        rows = events(chance, 200)
        rows = rows.append_column("late", pyarrow.array(["x"] * 200))
        write_deltalake(path, rows, mode="append", partition_by=["country"], schema_mode="merge")

    return [
        ("written", lambda: append(19_000, target_file_size=20_000), True),
        ("appended", lambda: append(500), True),
        ("the same rows twice", twice, True),
        ("deleted", lambda: DeltaTable(path).delete("n % 7 = 3"), True),
        ("OPTIMIZE", lambda: DeltaTable(path).optimize.compact(), False),
        ("a checkpoint", lambda: DeltaTable(path).create_checkpoint(), False),
        ("updated", lambda: DeltaTable(path).update(updates={"action": "'Shut'"}, predicate="n % 11 = 2"), True),
        ("a column more", with_column, True),
        ("Z-ORDER", lambda: DeltaTable(path).optimize.z_order(["time"]), False),
        ("VACUUM", lambda: DeltaTable(path).vacuum(0, dry_run=False, enforce_retention_duration=False), False),
        ("a partition deleted", lambda: DeltaTable(path).delete("country = 'de'"), True),
    ]


def main(windrow):
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "job.toml").write_text(JOB)
        path = str(pathlib.Path(folder, "table"))
        for name, change, is_other in steps(path):
            change()
            wanted = expected(path)
            found = counted(windrow, folder, "table")
            assert found == wanted, f"{name}: {set(found.items()) ^ set(wanted.items())}"
            answer(windrow, folder, "run", "job.toml", "--summary-json", "s.json")
            changed = json.loads(pathlib.Path(folder, "s.json").read_text())["windows_changed"]
            assert (changed > 0) == is_other, f"{name}: {changed} windows changed"
            kept = answer(windrow, folder, "digest", "job.toml")
            assert kept == answer(windrow, folder, "digest", "job.toml", "table"), name
            print(f"{name}: {sum(wanted.values()):,} rows, {changed} windows changed")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
