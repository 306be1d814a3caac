"""Names that mean something to a path, a glob, an URI or SQL, values that do, and very many files."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

from failure_test import DriverLog
from program import answered, same, windrow

JOB = """name = "paths"
version = 1
[source]
path = {path}
time = "time"
keys = {keys}
[limits]
rejects = "100%"
[reports.tens]
every = "10m"
"""
ROOT = Path(__file__).resolve().parents[2]
MANY = 20_000
# Each stands in a name, and each by itself; the tests run where file systems take all bytes but `/` and NUL.
PARTS = [
    " ", "  two", "%", "%20", "%2F", "%zz", "+", "#", "?", "&a=b", "=", "*", "~", "'", '"', "`", ";", ",", "!", "$HOME",
    "|", "<>", "^", "@", "(1)", "\u00e4", "a\u0308", "\u65e5\u672c", "\u0416", "\u05d0", "\u0627",
    "\U0001f600", "\u00a0", "\u2028", "\u200b", "\ufeff", "\x7f", "\t", "day=1", "--", "..a", "nul", "x" * 200,
]  # fmt: skip
# What Hadoop takes for patterns, for the end of a scheme, or for a way to quote.
PATTERNS = ["a[b]", "{a,b}", "${x}", "a\\b", "a:b", "[", "{", "[^a]"]
HOSTILE = [
    "'; DROP TABLE x --", '"; DROP TABLE x --', "`", "``", "a`b", "${spark.app.name}", "{{x}}", ":delimiter", ":nul", "?", "%s", "\\",
    "\\'", "\\u0000", "/* */", "*/ OR 1=1 --", "NULL", "null", "\u2028", "\u202e", "$1", "\\1", "\\E.*", "a\\Qb", "'' OR ''=''",
]  # fmt: skip


def prepared(place, keys=("action",)):
    (place.folder / "in").mkdir()
    # TOML and JSON write such lists alike.
    (place.folder / "job.toml").write_text(JOB.format(path=json.dumps(["in"]), keys=json.dumps(list(keys))))


def test_names_are_names(place):
    prepared(place)
    names = [f"{number}{part}.csv" for number, part in enumerate(PARTS)] + [f"{part}{number}" for number, part in enumerate(PARTS) if part[0] not in "._"]
    for number, name in enumerate(names):
        folder = place.folder / "in" / (name if number % 3 == 0 and len(name) < 100 else ".")
        folder.mkdir(exist_ok=True)
        # As many rows as its number, so that no two files may be taken for each other; and a reject that names its file.
        rows = "".join(f"2016-07-26T{number % 24:02}:00:00Z,{number}\n" for _ in range(number + 1))
        (folder / (name if name.endswith(".csv") else f"{name}.csv")).write_text("time,action\n" + rows + "soon,Open\n")
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["summary"]["files_read"] == len(names) and not spark["summary"]["files_refused"], spark["said"]
    assert spark["summary"]["rows"]["rejected"] == len(names)


def test_a_whole_folder_is_listed_as_one(place):
    """What else the cluster has there does not count, readable or not."""
    prepared(place)
    lake = place.folder / "lake"
    lake.mkdir()
    for number, part in enumerate(PARTS):
        for folder in (place.folder / "in", lake):
            rows = "".join(f"2016-07-26T{number % 24:02}:00:00Z,{number}\n" for _ in range(number + 20))
            (folder / f"{number}{part}.csv").write_text("time,action\n" + rows + "soon,Open\n")
    assert len(PARTS) > 32
    with (place.folder / "job.toml").open("a") as job:
        job.write(f"[engine.spark.paths]\n{json.dumps(str(place.folder / 'in'))} = {json.dumps(str(lake))}\n")
    embedded = answered(place, "job.toml", "embedded")
    (lake / "new.csv").write_text("time,action\n2016-07-26T00:00:00Z,New\n")
    log = DriverLog(place.logs)
    same(embedded, answered(place, "job.toml", place.address))
    assert not log.numbers(r"in parallel under ?(\d+) paths"), "Spark has listed single files"
    # Hadoop finds that the file does not have this checksum.
    (lake / ".new.csv.crc").write_bytes(b"crc\0\0\0\2\0" + b"\1\2\3\4")
    same(embedded, answered(place, "job.toml", place.address))
    assert log.numbers(r"in parallel under ?(\d+) paths"), "the new file was read"


def test_a_folder_is_found_where_the_job_says(place):
    """windrow sees a file in one folder, Spark another one of the same size in another: what is counted is what Spark has read."""
    prepared(place)
    lake = place.folder / "my lake"
    for folder, value in ((place.folder / "in", "Open"), (lake, "Shut")):
        (folder / "day=1").mkdir(parents=True)
        for day, name in enumerate(("a.csv", "day=1/b [1] %.csv")):
            (folder / name).write_text(f"time,action\n2016-07-2{day}T04:19:28Z,{value}\nsoon,x\n")
    job = (place.folder / "job.toml").read_text()
    here = json.dumps(str(place.folder / "in"))
    for there in (str(lake), f"file://{lake}/", "viewfs://lake/data"):
        # By the way, a second file system of Hadoop.
        mounts = f'[engine.spark.conf]\n"fs.viewfs.mounttable.lake.link./data" = {json.dumps(f"file:{lake}")}\n'
        paths = f"[engine.spark.paths]\n{here} = {json.dumps(there)}\n"
        (place.folder / "job.toml").write_text(job + mounts.replace(" ", "%20").replace("%20=%20", " = ") + paths)
        assert "accepts the query" in windrow(place, "check", "job.toml", "--engine", place.address).good().said
        spark = answered(place, "job.toml", place.address)
        assert spark["exit code"] == 0 and ",Shut," in spark["answer"] and "Open" not in spark["answer"], spark
        assert len(spark["rejects"].splitlines()) == 3, spark["rejects"]
    (place.folder / "job.toml").write_text(f'{job}[engine.spark.paths]\n{here} = "/no/such/place"\n')
    said = windrow(place, "check", "job.toml", "--engine", place.address).good(4).said
    assert "/no/such/place" in said and "[engine.spark.paths]" in said, said


def test_objects_are_read_by_spark_where_the_job_says(place):
    """windrow sees a bucket, Spark the folder whose files the bucket has: s3a:// would need jars that Spark does not come with."""
    prepared(place)
    logs = place.folder / "in" / "day=1"
    logs.mkdir()
    (logs / "c.csv.gz").write_bytes(gzip.compress(b"time,action\n2016-07-26T05:00:00Z,Open\n"))
    for name, value in (("a.csv", "Open"), ("b [1] %.csv", '"Op\nen"')):
        lines = "".join(f"2016-07-26T04:{minute:02}:28Z,{value}\n" for minute in range(60))
        (logs / name).write_text(f"time,action\n{lines}yesterday,x\n")
    expected = answered(place, "job.toml", "embedded")
    served = subprocess.Popen(
        [sys.executable, ROOT / "tests" / "stores" / "store.py", place.folder / "in", "0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    try:
        port = served.stdout.readline().strip()
        settings = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_SKIP_SIGNATURE": "true", "AWS_REGION": "us-east-1"}
        job = (place.folder / "job.toml").read_text().replace('"in"', '"s3://bucket/day=1/"')
        (place.folder / "job.toml").write_text(job)
        # As Hadoop calls it, which this Spark cannot read.
        said = windrow(place, "check", "job.toml", "--engine", place.address, settings=settings).good(4).said
        assert "s3a" in said, said
        (place.folder / "job.toml").write_text(f'{job}[engine.spark.paths]\n"s3://bucket" = {json.dumps(str(place.folder / "in"))}\n')
        embedded, spark = (answered(place, "job.toml", engine, settings=settings) for engine in ("embedded", place.address))
        same(embedded, spark)
        assert spark["answer"] == expected["answer"] and spark["summary"]["files_read"] == 3, spark["said"]
        assert len(spark["rejects"].splitlines()) == len(expected["rejects"].splitlines()) > 2, spark["rejects"]
    finally:
        served.stdin.close()
        served.wait()


def test_a_name_that_spark_cannot_read_is_refused_alone(place):
    wrong = []
    for number, name in enumerate(PATTERNS):
        folder = place.folder / str(number)
        (folder / "in").mkdir(parents=True)
        (folder / "job.toml").write_text(JOB.format(path='["in"]', keys='["action"]'))
        # What the name matches, were it a pattern, is there too.
        for rows, file in enumerate([name, "ab", "a", "b", "x"]):
            lines = "".join(f"2016-07-26T04:00:00Z,{file[:1]}{rows}\n" for _ in range(rows + 1))
            (folder / "in" / f"{file}.csv").write_text("time,action\n" + lines)
        embedded, spark = (answered(place, "job.toml", engine, at=folder) for engine in ("embedded", place.address))
        assert embedded["summary"]["files_read"] == 5, embedded["said"]
        if embedded["answer"] == spark["answer"]:
            continue
        kept = [line for line in embedded["answer"].splitlines() if f",{name[:1]}0," not in line]
        if spark["exit code"] != 3 or spark["answer"].splitlines() != kept:
            wrong.append(f"{name}: exit {spark['exit code']}: {spark['said'].splitlines()[-2:]}")
    assert not wrong, "\n".join(wrong)


def test_hostile_values_and_columns_are_text(place):
    columns = ["a`b", "'; DROP TABLE lines --", "${x}", ":v", "a.b", "sp ace", "file", "what", "\u00e4"]
    for number, column in enumerate(columns):
        folder = place.folder / str(number)
        (folder / "in").mkdir(parents=True)
        (folder / "job.toml").write_text(JOB.format(path='["in"]', keys=json.dumps([column], ensure_ascii=False)))
        rows = "".join(
            f"2016-07-26T04:{at:02}:00Z,{quoted(value)}\n" * (at + 1) for at, value in enumerate([*HOSTILE, *columns])
        )
        (folder / "in" / "a.csv").write_text(f"time,{quoted(column)}\n{rows}'; DROP TABLE x --,Open\n")
        embedded, spark = (answered(place, "job.toml", engine, at=folder) for engine in ("embedded", place.address))
        same(embedded, spark)
        assert spark["exit code"] == 0 and spark["summary"]["rows"]["rejected"] == 1, spark["said"]


def test_very_many_small_files(place):
    prepared(place)
    with (place.folder / "job.toml").open("a") as job:
        # A task for some hundred files, not for some dozen.
        job.write('[engine.spark.conf]\n"spark.sql.files.openCostInBytes" = 262144\n')
    for number in range(MANY):
        folder = place.folder / "in" / f"{number // 1000:02}"
        folder.mkdir(exist_ok=True)
        day, minute = 1 + number % 28, number % 60
        rows = f"2016-07-{day:02}T04:{minute:02}:00Z,Open\n2016-07-{day:02}T05:{minute:02}:00Z,Close\n"
        if number % 997 == 0:
            rows += f"soon,{number}\n"
        # Every file is another one: files of equal content are refused.
        (folder / f"{number}.csv").write_text(f"time,action\n{rows}2016-07-01T00:00:00.{number:06}Z,Open\n")
    embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", place.address))
    same(embedded, spark)
    assert spark["exit code"] == 0, spark["said"]
    assert spark["summary"]["files_read"] == MANY and spark["summary"]["rows"]["read"] == 3 * MANY + len(range(0, MANY, 997))


def quoted(text):
    return '"' + text.replace('"', '""') + '"'
