"""The rows of `bench/spark`: logs of one event log's rows, clean and dirty, and what each is held against."""

import gzip
from dataclasses import dataclass, replace

from . import json_rows, place
from .cases import Data

JOB = ("--every", "10m", "--key", "action", "--case", "title", "--values", "Open,Close", "--max-rejects", "1%")
MANY = ("--every", "10m", "--key", "action", "--fill", "none")
TABLE_ROWS = 10_000
TABLE = place.DATA / f"spark-table-{TABLE_ROWS}.csv"
JOINED = ("--lookup", f"{TABLE} on action", "--every", "10m", "--key", "kind", "--case", "title", "--values", "Open,Close", "--max-rejects", "1%")
NARROW = "time TIMESTAMP, action STRING"
# The schema word for Parquet files, and their events: sorted by time as in logs, compressed by zstd; in one file, and in a folder.
PARQUET, PARQUET_EVENTS = "parquet", 20_000_000
PARQUET_OPTIONS = ("--format", "parquet")
# Before a schema: the file has an object of JSON per line.
JSON = "json:"
# A schema word: PySpark lists the files, opens each and counts its lines.
OPENED = "opened"
WIDE_COLUMNS, FILES, SMALL_FILES, PACKED_FILES = 300, 100, 5_000, 8
EVENTS = 5_000_000
# Values of the key for each million of counts: 432 windows of some three days, nearly every value in each.
VALUES = 2_500


@dataclass(frozen=True)
class Goal:
    """At most `most` times the executor CPU of the row `of`: of its PySpark, or of its windrow. `of_seconds`: the time that passes instead."""

    most: float
    of: str
    by: str = "windrow"
    of_seconds: bool = False


@dataclass(frozen=True)
class Row:
    """`write` makes the data from the clean log, or `data` says what is generated. `schema` is the one that PySpark reads with; empty: PySpark
    is not asked; `PARQUET`: the files have their own. `same`: both give the same rows. They differ where a reject is a row without a time to
    PySpark, and where an open quote is read differently."""

    name: str
    write: object = None
    schema: str = NARROW
    windrow: tuple = JOB
    same: bool = True
    part: int = 1
    goal: Goal = None
    million_counts: int = 0
    data: Data = None


def changed(change):
    """A file like the clean log, but for what `change` makes of line number `at` of `n`."""
    def write(path, clean, events):
        with open(clean, "rb") as lines, open(path, "wb") as out:
            out.write(next(lines))
            for at, line in enumerate(lines):
                if at == events:
                    break
                out.write(change(line, at, events))
    return write


def quoted(line, *_):
    return b'"' + line.rstrip(b"\n").replace(b",", b'","') + b'"\n'


def wide(path, clean, events):
    """Time and action first, then columns that nobody asks for; all quoted."""
    rest = b"".join(b',"value %d"' % number for number in range(WIDE_COLUMNS - 2))
    with open(clean, "rb") as lines, open(path, "wb") as out:
        next(lines)
        out.write(b'"time","action"' + b"".join(b',"c%d"' % number for number in range(WIDE_COLUMNS - 2)) + b"\n")
        for _, line in zip(range(events), lines):
            out.write(quoted(line).rstrip(b"\n") + rest + b"\n")


def files(headers):
    """Files of which each has the columns of one of so many headers."""
    def write(path, clean, events):
        path.mkdir()
        with open(clean, "rb") as lines:
            next(lines)
            for number in range(FILES):
                kind = number % headers
                with open(path / f"{number:03}.csv", "wb") as out:
                    out.write(b"time,c%d,action\n" % kind if kind % 2 == 0 else b"action,c%d,time\n" % kind)
                    for _, line in zip(range(events // FILES), lines):
                        time, action = line.rstrip(b"\n").split(b",")
                        out.write(b"%s,x,%s\n" % ((time, action) if kind % 2 == 0 else (action, time)))
                    out.write(b"x,x,x\n")
    return write


def small(path, clean, events):
    """Many files of some kilobytes."""
    path.mkdir()
    with open(clean, "rb") as lines:
        header = next(lines)
        for number in range(SMALL_FILES):
            with open(path / f"{number:05}.csv", "wb") as out:
                out.write(header)
                out.writelines(line for _, line in zip(range(events // SMALL_FILES), lines))


def packed(path, clean, events):
    """Files that gzip has packed, each read by one task."""
    path.mkdir()
    with open(clean, "rb") as lines:
        header = next(lines)
        for number in range(PACKED_FILES):
            with gzip.open(path / f"{number}.csv.gz", "wb", compresslevel=6) as out:
                out.write(header)
                out.writelines(line for _, line in zip(range(events // PACKED_FILES), lines))


ROWS = (
    Row("clean", goal=Goal(1.0, "clean", "pyspark")),
    Row("one reject", changed(lambda line, at, n: b"yesterday,Open\n" if at == n // 2 else line), same=False, goal=Goal(1.1, "clean")),
    Row("0.01 % dirt", changed(lambda line, at, n: b"yesterday,Open\n" if at % 10_000 == 5_000 else line), same=False,
        goal=Goal(1.1, "clean")),
    Row("one open quote", changed(lambda line, at, n: line.replace(b",", b',"')[:-2] + b'\nn"\n' if at == n // 2 else line), same=False,
        goal=Goal(1.1, "clean")),
    # All rows are judged, and count.
    Row("where", schema="", windrow=(*JOB, "--where", "action <> 'x'"), goal=Goal(1.2, "clean")),
    # The look-up maps each action to a kind of the same name.
    Row("look-up", schema="", windrow=JOINED, goal=Goal(1.5, "clean")),
    Row("all quoted", changed(quoted), goal=Goal(1.2, "all quoted", "pyspark")),
    Row("300 columns", wide, part=50, schema=NARROW + "".join(f", c{number} STRING" for number in range(WIDE_COLUMNS - 2)),
        goal=Goal(1.2, "300 columns", "pyspark")),
    Row("100 files, 1 header", files(1), schema=""),
    Row("100 files, 100 headers", files(FILES), schema="", goal=Goal(2.0, "100 files, 1 header")),
    Row("8 gzip files", packed),
    Row("5,000 files", small, part=2),
    Row("5,000 files, opened", small, schema=OPENED, part=2, same=False, goal=Goal(1.5, "5,000 files, opened", "pyspark", of_seconds=True)),
    Row("Parquet", schema=PARQUET, data=Data("spark-parquet", PARQUET_EVENTS, PARQUET_OPTIONS, ending=".parquet"),
        goal=Goal(1.0, "Parquet", "pyspark")),
    Row("Parquet, 100 files", schema=PARQUET, data=Data("spark-parquet", PARQUET_EVENTS, PARQUET_OPTIONS, files=FILES),
        goal=Goal(1.0, "Parquet, 100 files", "pyspark")),
    Row("JSON", schema=JSON + NARROW, data=Data("json", EVENTS, ending=".json", rewritten=json_rows.narrow), goal=Goal(1.2, "JSON", "pyspark")),
    Row("JSON, 8 members", schema=JSON + NARROW, data=Data("json-wide", EVENTS // 5, ending=".json", rewritten=json_rows.wide),
        goal=Goal(1.2, "JSON, 8 members", "pyspark")),
    Row("4 M counts", schema="", windrow=MANY, million_counts=4),
    Row("8 M counts", schema="", windrow=MANY, million_counts=8),
)


def made(row, options):
    """The data of a row, written unless it is there, and how many events it has."""
    if row.data:
        events = row.data.events * options.events // EVENTS
        return place.made(replace(row.data, events=events), 1, options.windrow), events
    clean = place.made(Data("narrow", options.events), 1, options.windrow)
    if not TABLE.exists():
        others = "".join(f"action-{at},kind-{at % 30}\n" for at in range(TABLE_ROWS - 4))
        TABLE.write_text(f"action,kind\nOpen,Open\nopen,Open\nClose,Close\nclose,Close\n{others}")
    if row.million_counts:
        # Two events for each count: 8 million for 4 million counts of the default log.
        events = max(1, round(options.events * 0.4 * row.million_counts))
        return place.made(Data("counts", events, ("--key", f"action={VALUES * row.million_counts}")), 1, options.windrow), events
    events = options.events // row.part
    if not row.write:
        return clean, events
    name = "".join(c if c.isalnum() else "-" for c in row.name)
    path = place.DATA / (f"spark-{name}-{events}" + ("" if "files" in row.name else ".csv"))
    if not path.exists():
        place.say(f"writing {path}")
        unfinished = path.with_name(f"{path.name}.unfinished")
        place.remove(unfinished)
        row.write(unfinished, clean, events)
        unfinished.rename(path)
    return path, events


def size(path):
    """Bytes of a file, or of the files of a folder."""
    return sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size


