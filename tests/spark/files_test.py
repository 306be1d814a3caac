"""Files that only the cluster sees: windrow is given addresses of a file system of Hadoop (`viewfs`, whose mounts only Spark knows),
and the answer must be that of the embedded engine over the same bytes."""

import gzip
import json
import os
import random
import re
import shutil
import time
import zlib

import logs
import pyarrow as pa
import pyarrow.parquet as pq
from daemon import wait_for
from failure_test import END_S, MIDDLE_S, DriverLog
from program import answered, ended, same, started, windrow

JOB = """name = "seen"
version = 1
[source]
path = {path}
time = "time"
keys = ["action"]
format = "{form}"
[limits]
rejects = "100%"
{more}
[reports.tens]
every = "10m"
[engine.spark.conf]
"fs.viewfs.mounttable.{host}.link./data" = "file:{folder}/in"
"spark.sql.files.openCostInBytes" = 0
"spark.sql.files.maxPartitionBytes" = {part}
"spark.sql.shuffle.partitions" = 4
"""
EVENTS = """name = "events"
version = 1
[source]
path = "a.csv"
time = "time"
keys = ["action"]
[output]
path = "out"
[output.events]
[reports.days]
every = "1d"
"""
ROUNDS = 8
FEW, MANY = 5, 1000
# The largest file of which windrow reads bytes that only Spark sees.
WHOLE_BYTES = 64 << 20
LARGE_PART = 20 << 20


def host(folder):
    """What a mount of its own is called: Hadoop keeps what it knows of a host."""
    return f"w{zlib.crc32(str(folder).encode()):08x}"


def seen_at(folder):
    """The folder `in` as only the cluster sees it."""
    return f"viewfs://{host(folder)}/data"


def prepared(place, below="", more="", part=4096, form="csv"):
    """The folder `in`, the job over what is `below` it (`here.toml`), and over the same as only the cluster sees it (`job.toml`)."""
    inputs, folder = place.folder / "in", place.folder
    inputs.mkdir(exist_ok=True)
    for name, where in (("here.toml", "in"), ("job.toml", seen_at(folder))):
        output = more.replace("OUT", name.split(".")[0])
        path = json.dumps(where + below)
        told = {"path": path, "form": form, "more": output, "folder": folder, "host": host(folder), "part": part}
        (folder / name).write_text(JOB.format(**told))
    return inputs


def on_cluster(place, folder=None):
    """What the cluster answers for `job.toml`, with the names that the files have on this machine."""
    folder = folder or place.folder
    told = json.dumps(answered(place, "job.toml", place.address, at=folder))
    # In an address a percent sign that stands for itself is written %25.
    return json.loads(told.replace(f"{seen_at(folder)}/", "in/").replace("%25", "%"))


def both(place, folder=None):
    seen = on_cluster(place, folder)
    same(answered(place, "here.toml", "embedded", at=folder), seen)
    return seen


def rows(number, count=20):
    times = (f"2016-07-{1 + number % 28:02}T{at % 24:02}:{number % 60:02}:00.{number:06}Z" for at in range(count))
    return "".join(f"{time},{'Open' if number % 3 else 'Close'}\n" for time in times)


def test_logs_by_a_seed_are_counted_alike(place):
    def write(folder, seed):
        part = logs.write(folder, seed)
        written = (folder / "job.toml").read_text()
        assert 'path = "in"' in written, written
        seen = written.replace('path = "in"', f'path = "{seen_at(folder)}"')
        (folder / "here.toml").write_text(written)
        (folder / "job.toml").write_text(seen)
        return part

    rounds, first = int(os.environ.get("WINDROW_SEEDS", ROUNDS)), int(os.environ.get("WINDROW_SEED_FROM", 1))
    different = []
    for seed in range(first, first + rounds):
        folder = place.folder / f"seed-{seed}"
        part = write(folder, seed)
        with (folder / "job.toml").open("a") as job:
            job.write(
                f'[engine.spark.conf]\n"fs.viewfs.mounttable.{host(folder)}.link./data" = "file:{folder}/in"\n'
                f'"spark.sql.files.openCostInBytes" = 0\n"spark.sql.files.maxPartitionBytes" = {part}\n'
            )
        try:
            both(place, folder)
        except AssertionError as difference:
            different.append(f"seed {seed}: {difference}")
            print(different[-1], flush=True)
    assert not different, f"{len(different)} of {rounds} differ:\n" + "\n".join(different)


def test_every_format_and_codec_is_read(place):
    inputs = prepared(place)
    events = rows(1) + '2016-07-01T01:00:00Z,"two\nlines"\nsoon,Open\n' + rows(2)
    (inputs / "a.csv").write_text("time,action\n" + events)
    (inputs / "b.csv.gz").write_bytes(gzip.compress(("time,action\n" + rows(3)).encode()))
    day = inputs / "day=1"
    day.mkdir()
    (day / "c [1] %.csv").write_text("time,action\n" + rows(4))
    (inputs / "empty.csv").touch()
    records = [line.split(",") for line in rows(5).splitlines()]
    (inputs / "d.json").write_text("".join(json.dumps({"time": at, "action": of}) + "\n" for at, of in records))
    table = pa.table({"time": [at for at, _ in records[1:]], "action": [of for _, of in records[1:]]})
    pq.write_table(table, inputs / "e.parquet")
    # Spark does not list it, and windrow skips it.
    (inputs / "_hidden.csv").write_text("time,action\n" + rows(6))
    for below, files in (("", 4), ("/", 4), ("/**/*.csv*", 4), ("/[ab]*", 2), ("/empty.csv", 1), ("/d.json", 1), ("/e.parquet", 1)):
        prepared(place, below, form={"n": "json", "t": "parquet"}.get(below[-1:], "csv"))
        seen = both(place)
        assert seen["exit code"] == 0 and seen["summary"]["files_read"] == files, f"{below}: {seen['said']}"
    prepared(place, "/day=1/c [1] %25.csv")
    assert on_cluster(place)["summary"]["files_read"] == 1
    check = windrow(place, "check", "job.toml", "--engine", place.address).good()
    assert "accepts the query" in check.said, check.said


def test_a_delta_table_is_read_by_its_log(place):
    inputs = prepared(place)
    (place.folder / "a.csv").write_text("time,action\n" + "".join(rows(number) for number in range(FEW)))
    (place.folder / "events.toml").write_text(EVENTS)
    windrow(place, "run", "events.toml").good()
    shutil.copytree(place.folder / "out" / "events", inputs / "table")
    prepared(place, "/table", form="delta")
    seen = both(place)
    assert seen["summary"]["rows"]["counted"] == 20 * FEW, seen["said"]
    # Its files are not Parquet like any other.
    prepared(place, form="parquet")
    end = windrow(place, "run", "job.toml", "--engine", place.address).good(2)
    assert "a Delta table, read only where its folder is named" in end.said, end.said


def test_addresses_without_a_host_are_those_of_the_disk_of_the_cluster(place):
    inputs = prepared(place)
    (inputs / "a.csv").write_text("time,action\n" + rows(1))
    (inputs / "empty.csv").touch()
    job = (place.folder / "job.toml").read_text()
    for begins in ("spark:file:", "spark:file://", "SPARK:FILE://"):
        (place.folder / "job.toml").write_text(job.replace(seen_at(place.folder), f"{begins}{inputs}"))
        told = json.dumps(answered(place, "job.toml", place.address)).replace(f"spark:file://{inputs}/", "in/")
        same(answered(place, "here.toml", "embedded"), json.loads(told))


def test_what_is_not_there_or_not_seen_is_said(place):
    inputs = prepared(place)
    (inputs / "a.csv").write_text("time,action\n" + rows(1))
    end = windrow(place, "run", "job.toml", "--engine", "embedded").good(2)
    assert "only a Spark cluster reads" in end.said and "sc://" in end.said, end.said
    for path, said in (("nothing", "no such file or folder"), ("nothing/*.csv", "no input in"), ("a.csv/b", "no such file or folder")):
        prepared(place, f"/{path}")
        end = windrow(place, "run", "job.toml", "--engine", place.address).good(2)
        assert said in end.said and path in end.said, end.said
    end = windrow(place, "run", "here.toml", "-o", f"{seen_at(place.folder)}/out.csv", "--engine", place.address).good(2)
    assert "nothing is written through Spark" in end.said, end.said
    prepared(place, more=f'[output]\npath = "{seen_at(place.folder)}/out"\n')
    end = windrow(place, "run", "job.toml", "--engine", place.address).good(2)
    assert "nothing is written through Spark" in end.said, end.said


def test_one_file_that_spark_cannot_read_is_refused_alone(place):
    inputs = prepared(place)
    for number in range(FEW):
        (inputs / f"{number}.csv").write_text("time,action\n" + rows(number))
    expected = answered(place, "here.toml", "embedded")
    # Hadoop finds that the file does not have this checksum.
    (inputs / ".2.csv.crc").write_bytes(b"crc\0\0\0\2\0" + b"\1\2\3\4" * 3)
    # windrow reads its own copy, which is whole.
    same(expected, answered(place, "here.toml", place.address))
    refused = on_cluster(place)
    assert refused["exit code"] == 3 and len(refused["summary"]["files_refused"]) == 1, refused["said"]
    assert "in/2.csv" in refused["said"], refused["said"]
    (inputs / "2.csv").unlink()
    assert refused["answer"] == answered(place, "here.toml", "embedded")["answer"]


def test_a_file_that_changes_in_the_middle_is_refused(place):
    inputs = prepared(place, part=32768)
    windrow(place, "generate", "--events", 60_000, "--span", "12h", "-o", "in/a.csv").good()
    (inputs / "b.csv").write_text("time,action\n" + rows(1))
    log = DriverLog(place.logs)
    process = started(place, "run", "job.toml", "--engine", place.address, "--format", "csv")

    def middle():
        assert process.poll() is None, f"the run ended too soon:\n{ended(process).said}"
        # A query of one task lists, another one reads the beginnings.
        return len(log.finished()) >= 8

    wait_for(middle, time.monotonic() + MIDDLE_S, "tasks of the run to end")
    with (inputs / "a.csv").open("a") as changing:
        changing.write("2016-07-26T00:00:00Z,Open\n")
    end = ended(process, END_S)
    assert re.search(r"a\.csv: (changed while it was read|Spark has read \d+ of its \d+ bytes)", end.good(3).said), end.said


def test_very_many_files_cost_few_queries(place):
    inputs = prepared(place, part=1 << 20)
    for number in range(MANY):
        folder = inputs / f"{number // 100:02}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.csv").write_text("time,action\n" + rows(number, 3) + ("soon,x\n" if number % 10 == 0 else ""))
    log = DriverLog(place.logs)
    seen = both(place)
    assert seen["summary"]["files_read"] == MANY and seen["summary"]["rows"]["rejected"] == MANY // 10, seen["said"]
    jobs = len(log.numbers(r"Got job (\d+) "))
    assert jobs < 40, f"{jobs} jobs of Spark for {MANY} files"


def test_a_ledger_reads_what_is_new(place):
    inputs = prepared(place, more='[output]\npath = "out-OUT"\n')
    chance = random.Random(3)
    number = 0
    for turn in range(4):
        for _ in range(FEW):
            number += 1
            (inputs / f"{number}.csv").write_text("time,action\n" + rows(number, 5 + number) + "soon,x\n")
        if turn:
            changed = inputs / f"{chance.randrange(1, number - FEW)}.csv"
            changed.write_text(changed.read_text() + rows(99 + turn, 2))
        long_ago = 1_600_000_000 + number
        for file in inputs.iterdir():
            if file.stat().st_mtime > 1_700_000_000:
                os.utime(file, (long_ago, long_ago))
        summary = run(place, "job.toml", place.address)
        assert summary["files_read"] == FEW + (turn > 0), summary
        assert digest(place, "job.toml") == run_and_digest(place)
        log = DriverLog(place.logs)
        again = run(place, "job.toml", place.address)
        assert again["files_read"] == 0, again
        jobs = len(log.numbers(r"Got job (\d+) "))
        assert jobs <= 2, f"{jobs} jobs of Spark where nothing is new"
    plan = windrow(place, "plan", "job.toml", settings={"WINDROW_ENGINE": place.address})
    assert plan.code in (0, 2), plan.said


def run(place, job, engine):
    windrow(place, "run", job, "--engine", engine, "--summary-json", "s.json").good()
    return json.loads((place.folder / "s.json").read_text())


def digest(place, job):
    return windrow(place, "digest", job).good().out.split()[0]


def run_and_digest(place):
    windrow(place, "run", "here.toml", "--engine", "embedded").good()
    return digest(place, "here.toml")


def large(path, lines, between, begins=b"", ends=b""):
    """A file of more than `WHOLE_BYTES` with these lines, `between` of which are many others."""
    fill = b"".join(between(number) for number in range(50_000))
    with path.open("wb") as file:
        file.write(begins)
        for line in lines:
            file.write(line)
            while file.tell() < WHOLE_BYTES // len(lines) * (1 + lines.index(line)) + len(fill):
                file.write(fill)
        file.write(ends)


def test_a_large_file_is_counted_and_only_its_odd_lines_travel(place):
    inputs = prepared(place, part=LARGE_PART)
    (inputs / "a.csv").write_text("time,action\n" + rows(1))
    odd = (
        b"soon,Open\n", b'2016-07-26T00:00:00Z,"two\nlines"\n', b'2016-07-26T00:00:00Z,"open\n', b'x\n2016-07-26T00:00:00Z,"a\n2016-07-26T00:00:01Z,Close\nsoon,x\n"\n',
        "2016-07-26T00:00:00Z,größe,\n".encode(), b"\n", b"2016-07-26T00:00:00Z,\xff\n",
    )
    large(inputs / "b.csv", odd, lambda n: b"2016-07-%02dT%02d:00:00Z,value %d\n" % (1 + n % 28, n % 24, n % 7),
          b"\xef\xbb\xbftime,action\nsoon,first\n" + b'2016-07-26T00:00:00Z,"early\n', b"soon,last")
    seen = both(place)
    assert seen["exit code"] == 0 and seen["summary"]["rows"]["rejected"] == 8, seen["said"]
    assert "first" in seen["rejects"] and "last" in seen["rejects"], seen["rejects"]


def test_a_large_file_in_a_ledger_is_known_again(place):
    inputs = prepared(place, more='[output]\npath = "out-OUT"\n', part=LARGE_PART, form="json")
    large(inputs / "a.json", (b'{"time":"soon","action":"x"}\n', b'{"action":["x"]}\n'),
          lambda n: b'{"time": "2016-07-%02dT%02d:00:00Z", "n": %d, "action": "value %d"}\n' % (1 + n % 28, n % 24, n, n % 7))
    os.utime(inputs / "a.json", (1_600_000_000, 1_600_000_000))
    assert run(place, "job.toml", place.address)["rows"]["rejected"] == 2
    assert digest(place, "job.toml") == run_and_digest(place)
    (inputs / "a.json").rename(inputs / "b.json")
    again = run(place, "job.toml", place.address)
    assert again["files"] == {"moved": 1} and digest(place, "job.toml") == run_and_digest(place), again


def test_large_files_that_windrow_would_have_to_read_are_refused_by_name(place):
    inputs = prepared(place, part=LARGE_PART)
    (inputs / "a.csv").write_text("time,action\n" + rows(1))
    line = f"2016-07-01T00:00:00Z,{'x' * 1000}\n"
    content = ("time,action\n" + line * (WHOLE_BYTES // len(line) + 1)).encode()
    (inputs / "b.csv.gz").write_bytes(gzip.compress(content, 0))
    # Most of its lines have a quote that stays open.
    (inputs / "c.csv").write_bytes(content.replace(b"Z,x", b'Z,"x'))
    end = windrow(place, "run", "job.toml", "--engine", place.address, "--format", "csv").good(3)
    for name in ("b.csv.gz", "c.csv"):
        assert f"{name}: windrow has to read all of it, which only the cluster sees" in end.said, end.said
    assert "Open" in end.out and "xxx" not in end.out, end.out
