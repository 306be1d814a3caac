"""`windrow compare` with Spark on one side: equal to the embedded engine, and different where a result says something else."""

import json

from program import windrow

JOB = """name = "both"
version = 1
[source]
path = "log.csv"
time = "time"
keys = ["action"]
[reports.tens]
every = "10m"
values = ["Open", "Close"]
"""


def prepared(place):
    windrow(place, "generate", "--events", 20_000, "--dirt", "0.5%", "-o", "log.csv").good()
    (place.folder / "job.toml").write_text(JOB)


def test_engines_compare_as_equal(place):
    prepared(place)
    end = windrow(place, "compare", "job.toml@embedded", f"job.toml@{place.address}", "--format", "json").good()
    outcome = json.loads(end.out)
    assert outcome["equal"] is True and outcome["windows"] > 400, outcome


def test_a_changed_result_differs_from_what_spark_counts(place):
    prepared(place)
    windrow(place, "run", "job.toml", "--engine", "embedded", "-o", "right.csv").good()
    windrow(place, "compare", "right.csv", f"job.toml@{place.address}").good()
    lines = (place.folder / "right.csv").read_text().splitlines()
    fields = lines[200].split(",")
    fields[2] = str(int(fields[2]) + 1)
    (place.folder / "wrong.csv").write_text("\n".join([*lines[:200], ",".join(fields), *lines[201:]]) + "\n")
    end = windrow(place, "compare", "wrong.csv", f"job.toml@{place.address}").good(3)
    assert fields[0][:16] in end.out, end.out
