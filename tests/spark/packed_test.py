"""Files that gzip has packed: Spark unpacks those that are whole and clean, windrow reads the others, and the answer is that of the embedded
engine. What Spark has read is in its executors' logs."""

import bz2
import csv
import gzip
import io
import random
import re
import time
from dataclasses import replace

import logs
import objects
from daemon import wait_for
from differential_test import LOG_S, seeds_agree
from ledger_test import Folder
from program import answered, same, windrow

ROUNDS = 12
JOB = """name = "packed"
version = 1
[source]
path = "in"
time = "time"
keys = ["action"]
format = "{form}"
[limits]
rejects = "50%"
[reports.tens]
every = "10m"
"""
CLEAN = "".join(f"2016-07-28T{at // 60 % 24:02}:{at % 60:02}:28Z,{'Open' if at % 3 else 'Close'}\n" for at in range(3_000))
MORE = CLEAN.splitlines(keepends=True)
HEADER = "time,action\n"


def test_packed_logs_by_a_seed_are_counted_alike(place):
    seeds_agree(place, lambda folder, seed: packed(folder, seed, logs.write), ROUNDS)


def test_packed_objects_by_a_seed_are_counted_alike(place):
    seeds_agree(place, lambda folder, seed: packed(folder, seed, objects.write), ROUNDS)


def packed(folder, seed, write):
    """The job and the files of a seed, most of them packed, and some of those damaged."""
    part, chance = write(folder, seed), random.Random(f"packed {seed}")
    for file in sorted((folder / "in").rglob("*")):
        if not file.is_file() or chance.random() < 0.2:
            continue
        text = file.read_bytes()
        file.unlink()
        file.with_name(file.name + ".gz").write_bytes(some_gzip(chance, text))
    return part


def some_gzip(chance, text):
    """A text in one member or several, whole or damaged."""
    cut = chance.randrange(len(text) + 1)
    whole = gzip.compress(text, mtime=0)
    at = chance.randrange(len(whole))
    return chance.choice([
        *[whole] * 6, gzip.compress(text.rstrip(b"\n")), gzip.compress(text[:cut]) + gzip.compress(text[cut:]), whole + gzip.compress(b""),
        whole[:at], whole[:-1], whole + b"more", whole[:at] + bytes([whole[at] ^ 1 << chance.randrange(8)]) + whole[at + 1 :],
    ])  # fmt: skip


def read_by_spark(place, inputs):
    """The names of the files that executors have told of so far."""
    pattern = re.compile(rf"Reading File path: [^ ]*{re.escape(str(inputs))}/([^ ,]*), range")
    logs_of_all = [log.read_text(errors="replace") for log in place.logs.glob("worker-*/app-*/*/stderr")]
    return {name for log in logs_of_all for name in pattern.findall(log)}


def test_spark_unpacks_what_is_whole(place):
    inputs = place.folder / "in"
    inputs.mkdir()
    lines, rows = MORE, CLEAN
    whole = gzip.compress((HEADER + rows).encode())
    files = {
        "clean.csv.gz": whole,
        "two members.csv.gz": gzip.compress((HEADER + rows[: len(rows) // 2]).encode()) + gzip.compress((rows[len(rows) // 2 :] + lines[3]).encode()),
        "reject.csv.gz": gzip.compress((HEADER + rows + "soon,Open\n" + lines[0]).encode()),
        "no end.csv.gz": gzip.compress((HEADER + rows + "2016-07-28T01:02:28Z,Op").encode()),
        "cut.csv.gz": whole[:-9],
        "more.csv.gz": whole + b"\0",
        "UPPER.csv.GZ": gzip.compress((HEADER + lines[0]).encode()),
        "name.csv": gzip.compress((HEADER + lines[1]).encode()),
        "other.csv.bz2": bz2.compress((HEADER + lines[2]).encode()),
        "plain.csv": (HEADER + rows + "soon,Open\n").encode(),
    }
    for name, data in files.items():
        (inputs / name).write_bytes(data)
    (place.folder / "job.toml").write_text(JOB.format(form="csv"))
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["exit code"] == 3 and "in/cut.csv.gz: its gzip data ends early" in spark["said"], spark["said"]
    assert len(spark["summary"]["files_refused"]) == 2, spark["summary"]
    expected = {name.replace(" ", "%20") for name in ("clean.csv.gz", "two members.csv.gz", "no end.csv.gz", "cut.csv.gz", "plain.csv")}
    wait_for(lambda: expected <= read_by_spark(place, inputs), time.monotonic() + LOG_S, "what Spark has read")
    seen = read_by_spark(place, inputs)
    assert not seen & {"UPPER.csv.GZ", "name.csv", "other.csv.bz2"}, seen


def test_packed_files_are_known_when_they_are_renamed_copied_or_have_grown(place):
    for number, engines in enumerate([(place.address, place.address), (place.address, "embedded"), ("embedded", place.address)]):
        below = place.folder / str(number)
        below.mkdir()
        folder = Folder(replace(place, folder=below), 'on_gone = "keep"')
        pack = lambda name, text, folder=folder: (
            (folder.logs / name).write_bytes(gzip.compress(text.encode(), mtime=0)), folder.touch(name)
        )
        text = HEADER + CLEAN
        for rows, name in enumerate(("renamed", "copied", "grown")):
            pack(f"{name}.csv.gz", text + "".join(MORE[: rows + 1]))
        folder.run(engines[0]).good()
        digest = windrow(folder.place, "digest", folder.job).good().out
        (folder.logs / "renamed.csv.gz").rename(folder.logs / "new.csv.gz")
        (folder.logs / "copy.csv").write_text(text + "".join(MORE[:2]))
        folder.touch("copy.csv")
        said = folder.run(engines[1]).good(3)
        assert "copy.csv: its content is that of in/copied.csv.gz, which counts" in said.said, said.said
        assert windrow(folder.place, "digest", folder.job).good().out == digest, "a renamed or copied file counts twice"
        (folder.logs / "copy.csv").unlink()
        (folder.logs / "grown.csv.gz").unlink()
        pack("rotated.csv.gz", text + "".join(MORE[:4]))
        folder.run(engines[1]).good()
        files = {row["file"]: row for row in csv.DictReader(io.StringIO(folder.shown("files")))}
        row = files["in/grown.csv.gz"]
        assert (row["state"], row["other"]) == ("moved", "in/rotated.csv.gz"), row
        folder.equals_one_run()
