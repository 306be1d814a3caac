"""Spark against the embedded engine over jobs and logs by a seed: the same exit code, answer, rejects and summary.

./test asks for a few rounds. More, and others, by one command:

  WINDROW_SEEDS=1000 WINDROW_SEED_FROM=1 python tests/spark/all.py target/debug/windrow differential

Every round that differs is told, with its seed; `python tests/spark/logs.py FOLDER SEED` writes its job and logs. The files
are cut into many parts, each the work of a task of its own: the executors' logs must say so.
"""

import os
import re
import shutil
import time

import logs
from daemon import wait_for
from program import answered, same

ROUNDS = 20
# Executors write what they read to their logs as they go.
LOG_S = 60


def test_both_engines_answer_alike(place):
    large = []

    def look(folder, part_bytes, spark):
        if spark["exit code"] in (0, 3) and any(file.stat().st_size > 2 * part_bytes for file in (folder / "in").iterdir()):
            large.append(folder)

    rounds = seeds_agree(place, logs.write, ROUNDS, look)
    print(f"{len(large)} with large files")
    # Some files are read by windrow itself, so not every large one is cut.
    enough = f"parts of files in a quarter of {rounds} rounds"
    wait_for(lambda: sum(were_cut(place, large)) * 4 >= rounds, time.monotonic() + LOG_S, enough)


def seeds_agree(place, write, rounds, look=lambda folder, part_bytes, spark: None):
    """Both engines must answer alike for the job and the files that `write` makes in a folder from each seed. It returns how many bytes
    a part of a file may have. Returns how many rounds there were; `look` sees each."""
    rounds, first = int(os.environ.get("WINDROW_SEEDS", rounds)), int(os.environ.get("WINDROW_SEED_FROM", 1))
    different, codes = [], {}
    for seed in range(first, first + rounds):
        folder = place.folder / f"seed-{seed}"
        part_bytes = write(folder, seed)
        with (folder / "job.toml").open("a") as job:
            job.write(
                '[engine.spark.conf]\n"spark.sql.files.openCostInBytes" = 0\n'
                f'"spark.sql.files.maxPartitionBytes" = {part_bytes}\n'
            )
        embedded, spark = (answered(place, "job.toml", engine, at=folder) for engine in ("embedded", place.address))
        codes[spark["exit code"]] = codes.get(spark["exit code"], 0) + 1
        try:
            same(embedded, spark)
        except AssertionError as difference:
            different.append(f"seed {seed}: {difference}")
            print(different[-1], flush=True)
        look(folder, part_bytes, spark)
        shutil.rmtree(folder)
    print(f"seeds {first} to {first + rounds - 1}: {len(different)} differ, exit codes {codes}")
    assert not different, f"{len(different)} of {rounds} differ:\n" + "\n".join(different)
    return rounds


def test_lines_at_the_edge_of_what_a_record_may_be(place):
    longest, inputs = 1 << 20, place.folder / "in"
    inputs.mkdir()
    (place.folder / "job.toml").write_text(
        'name = "edges"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["action"]\ncomment = "#"\n'
        '[limits]\nrejects = "100%"\n[reports.r]\nevery = "10m"\n'
    )
    event, marked = "2016-07-28T04:19:28Z,Open", "\ufeffid,time,action\n1,2016-07-28T04:19:28Z,Open\n"
    files = {
        # The longest record, one that is too long, and one that is too long for a message of Spark.
        "long.csv": ["time,action", event, "soon," + "x" * (longest - 5), "soon," + "y" * (longest - 4), "," * (3 * longest)],
        # Quotes that are closed in the next line, never, and beyond the longest record.
        "open.csv": ["time,action", '2016-07-28T04:19:28Z,"two', 'lines"', event, '"' + "q" * (3 * longest), event, '"never', event],
        # Within a quoted value the first event of all, which Spark takes for one and windrow takes away.
        "inner.csv": ["time,action", *[event] * 30, '2016-07-28T04:19:28Z,"three', "2015-01-01T00:00:00Z,Open", 'lines"', event],
    }
    for name, lines in files.items():
        (inputs / name).write_bytes("\r\n".join([*lines, ""]).encode())
    (inputs / "marked.csv").write_bytes(("# export\n" + marked + marked).encode())
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["exit code"] == 0 and spark["summary"]["rows"]["rejected"] == 6, spark["said"]


def test_no_delimiter_and_no_control_character_is_read_into_a_time(place):
    """Lines that look like their neighbours: a delimiter stands where a time has a sign, or Spark trims what stands before the time."""
    inputs = place.folder / "in"
    usual = "2016-07-28T04:19:28Z"
    for delimiter, lines in (
        (" ", [f"{usual} Open 7", "2016-07-28 04:19:28Z Open 7"]),
        (":", [f'"{usual}":"Open":"7"', f"{usual}:Open:7", f"{usual}:7"]),
        ("-", [f'"{usual}"-"Open"-"7"', f"{usual}-Open-7", f"{usual}-7"]),
        (",", [f"{usual},Open,7", "\x7f2016-7-28T04:19:28Z,Open,7", "\x7f2016-07-28T04:19:8Z,Open,7", "2016-7-28T04:19:28Z\x7f,Open,7"]),
    ):
        shutil.rmtree(inputs, ignore_errors=True)
        inputs.mkdir()
        rows = [lines[0]] * 30 + lines[1:] + [lines[0]] * 30
        (inputs / "a.csv").write_text("\n".join([delimiter.join(["time", "action", "n"]), *rows, ""]))
        (place.folder / "job.toml").write_text(
            f'name = "signs"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["action"]\ndelimiter = "{delimiter}"\n'
            '[limits]\nrejects = "100%"\n[reports.r]\nevery = "1h"\nfill = "none"\n'
        )
        embedded = answered(place, "job.toml", "embedded")
        assert embedded["summary"]["rows"]["rejected"] == len(lines) - 1, embedded["said"]
        same(embedded, answered(place, "job.toml", place.address))


def test_no_zone_is_read_into_a_time(place):
    """Spark's cast takes a zone behind fewer digits. Each of these texts has as many bytes as the first times, and their marks where they have them."""
    inputs = place.folder / "in"
    inputs.mkdir()
    for name, usual, others in (
        ("fraction", "2016-07-28T04:19:28.123", ("2016-07-28T04:19:28.1+5", "2016-07-28T04:19:28.+12", "2016-07-28T04:19:28.1-8")),
        ("seconds", "2016-07-28T04:19:28", ("2016-7-8T1:2:3+1:02", "2016-7-8T1:2:3-1:30")),
    ):
        for end in ("", "Z"):
            times = [usual] * 30 + [*others] + [usual] * 30
            (inputs / f"{name}{end}.csv").write_text("time,action\n" + "".join(f"{time}{end},Open\n" for time in times))
    (place.folder / "job.toml").write_text(
        'name = "zones"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["action"]\n[limits]\nrejects = "100%"\n'
        '[reports.r]\nevery = "1h"\nfill = "none"\n'
    )
    embedded = answered(place, "job.toml", "embedded")
    assert "2016-07-08" not in embedded["answer"], embedded["answer"]
    same(embedded, answered(place, "job.toml", place.address))


def were_cut(place, folders):
    """Of each folder: whether an executor has told of a part of one of its files that begins within the file."""
    logs_of_all = [log.read_text(errors="replace") for log in place.logs.glob("worker-*/app-*/*/stderr")]
    for folder in folders:
        within = re.compile(rf"{re.escape(str(folder))}/in/.* range: [1-9]\d*-")
        yield any(within.search(log) for log in logs_of_all)
