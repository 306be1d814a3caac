"""Delta tables that others write and change, read on Spark at each of their versions: in one run, and by ledgers that follow the
table as windrow sees it and as only the cluster sees it."""

import json
import sys
from pathlib import Path

from files_test import host, seen_at
from program import answered, same, windrow

sys.path.append(str(Path(__file__).resolve().parents[1]))
from delta_inputs import Mapped, steps

JOB = """name = "{name}"
version = 1
[source]
format = "delta"
path = "{path}"
time = "time"
keys = ["country", "action"]
{output}
[reports.hours]
every = "1h"
[engine.spark.conf]
"fs.viewfs.mounttable.{host}.link./data" = "file:{folder}"
"spark.sql.shuffle.partitions" = 4
"""
KEPT = ("kept", "seen")


def test_a_table_is_followed_through_its_versions(place):
    followed(place, steps(str(place.folder / "table")))


def test_a_table_that_maps_its_columns_is_followed(place):
    followed(place, Mapped(place.folder / "table", None).steps())


def test_a_table_that_numbers_its_columns_is_followed(place):
    followed(place, Mapped(place.folder / "table", "id").steps())


def followed(place, steps):
    folder = place.folder
    for name in ("whole", *KEPT):
        path = f"{seen_at(folder)}/table" if name == "seen" else "table"
        output = f'[output]\npath = "out-{name}"' if name in KEPT else ""
        job = JOB.format(name=name, path=path, output=output, host=host(folder), folder=folder)
        (folder / f"{name}.toml").write_text(job)
    for name, change, is_other in steps:
        change()
        same(answered(place, "whole.toml", "embedded"), answered(place, "whole.toml", place.address))
        digest = windrow(place, "digest", "whole.toml").good().out.split()[0]
        for job in KEPT:
            windrow(place, "run", f"{job}.toml", "--engine", place.address, "--summary-json", "s.json").good()
            changed = json.loads((folder / "s.json").read_text())["windows_changed"]
            assert (changed > 0) == is_other, f"{name}, {job}: {changed} windows changed"
            kept = windrow(place, "digest", f"{job}.toml").good().out.split()[0]
            assert kept == digest, f"{name}: the ledger of {job} has another answer"
