#!/usr/bin/env python3
"""Old jobs: what a hand-written PySpark job makes of dirty logs, by a seed, for `windrow compare` to explain.

  python tests/spark/oldjob.py FOLDER FIRST LAST     FOLDER/SEED has the logs, the job file, what PySpark wrote, and `habits.json`

All seeds run in one local session of Spark. A seed's habits are the choices its author made: the options of the reader, how values
are cleaned, the windows, which rows are left out, the format of the result.
"""

import json
import random
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import logs  # noqa: E402

READERS = [{}] * 5 + [{"multiLine": True}, {"multiLine": True, "escape": '"'}, {"multiLine": True, "escape": '"'}, {"escape": '"'}]
PATTERNS = ["yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.SSSX"]
CLEANINGS = ["none", "trim", "trim", "trim initcap", "trim initcap", "initcap", "trim lower", "upper"]
VALUES = ["Open", "Close", "open", " Open ", "", "  ", "null", "Ünlock", "a`b", "\\", "\\n", "x\ty", "\u00a0Open", "\tOpen", "%s", "a" * 40, "-1"]
# Times that Spark and windrow read alike, that only one of them reads, and that neither does.
TIMES = [
    "now", "2016-7-8", "2016-07-28", "", " ", "2016-07-28T24:00:00Z", "2016-02-30T00:00:00Z", "0000-01-01T00:00:00Z",
    "2016-07-28T04:19:28+19:00", "2016-07-28T04:19:28+18:01", "2016-07-28T04:19:28+05:", "2016-07-28T04:19:28.Z",
    "2016-07-28T4:19:28Z", "2016-07-28T04:19:28 Z", "2016-07-28T04:19:28 UTC", "2016-07-28T04:19:28[Europe/Berlin]",
    "+2016-07-28T04:19:28Z", "2016-07-28T04:19:28+5", "20166-07-28T04:19:28Z", "-0001-07-28T04:19:28Z", "2016", "2016-07",
    "2016-07-28T04:19Z", "2016-07-28T04:19", "2016-07-28 04:19", "2016-07-28T04:19:28.1234567899Z", "2016-07-28T04:19:28.5+0530",
    "2016-07-28T04:19:28-03", "2016-07-28T04:19:28z", "2016-07-28T04:19:28Europe/Berlin", "2016-07-28T04:19:28 PST",
    "2016-07-28T04:19:28.1", "2016-07-28T04:19:28.000001", "2016-07-28T04:19:28+1:00", "1582-10-10T00:00:00Z", "T04:19:28Z", "04:19",
    "9999-12-31T23:59:59Z", "12345678901", "28/07/2016 04:19:28", "2016-07-28t04:19:28Z", "2016-07-28T04:19:28+00:00",
]  # fmt: skip
QUOTES = [
    '"a"b', 'a"b', 'a"', ' "a"', '"a" ', '"a""b"', '""a', '"a"""', '"" ""', 'a""', '""', '""""', '"a"b"c"', '","', '"a"\t', '"a',
    '"', '"""', '"a\\"b"', '"a\\"', '"Op\nen"', '"Open"', '"Open"ed', 'Op"en', '"a\\\\"', '"Open" x',
]  # fmt: skip


class Log:
    """One file of a seed."""

    def __init__(self, chance, columns, dirt, quotes, zone):
        self.chance, self.columns, self.dirt, self.quotes, self.zone = chance, columns, dirt, quotes, zone
        self.end = chance.choice(["\n", "\n", "\n", "\r\n"])
        self.times = logs.Log(chance, columns, ",", False, "iso", 0)
        self.times.start = 1469491200

    def field(self, name):
        chance = self.chance
        value = self.times.time() if name == "time" else chance.choice(VALUES[:2] if chance.random() < 0.9 else VALUES)
        return f'"{value}"' if chance.random() < self.quotes else value

    def row(self):
        return [self.field(name) for name in self.columns]

    def broken(self):
        chance, fields = self.chance, self.row()
        at, place = self.columns.index("time"), chance.randrange(len(fields))
        kind = chance.randrange(14)
        if kind < 4:
            fields[at] = chance.choice(TIMES)
        elif kind == 4:
            fields[at] = chance.choice([" ", "\t"]) + fields[at] + chance.choice([" ", "\t", ""])
        elif kind == 5:
            fields += ["x"] * chance.randrange(1, 3)
        elif kind == 6:
            fields.pop()
        elif kind in (7, 8):
            fields[place] = chance.choice(QUOTES)
        elif kind == 9:
            return chance.choice(["", " ", "\t", ","]).encode()
        elif kind == 10:
            fields = list(self.columns)
        elif kind == 11:
            fields[-1] += chance.choice(["\0", "\r", " ", "\t"])
        elif kind == 12:
            return ",".join(fields).encode().replace(b"e", chance.choice([b"\xff", b"\xc3", b"\xc0\x80"]), 1)
        else:
            fields[place] = ""
        return ",".join(fields).encode()

    def bytes(self, rows):
        lines = [",".join(self.columns).encode()]
        lines += [self.broken() if self.chance.random() < self.dirt else ",".join(self.row()).encode() for _ in range(rows)]
        return b"".join(line + self.end.encode() for line in lines)


def write(folder, seed):
    """The logs and the job file of a seed in `folder`; returns the habits of the old job."""
    chance = random.Random(seed)
    (folder / "in").mkdir(parents=True)
    zone = chance.choice(["UTC"] * 6 + ["Europe/Berlin"])
    columns = chance.choice([["time", "action"], ["time", "action"], ["id", "time", "action"], ["action", "time", "note"]])
    files = chance.choice([1, 1, 2, 3])
    for number in range(files):
        log = Log(chance, columns, chance.choice([0.01, 0.05, 0.2]), chance.choice([0, 0, 0.2, 0.9]), zone)
        (folder / "in" / f"{number}.csv").write_bytes(log.bytes(chance.choice([30, 300, 1000])))
    every = chance.choice(["10m", "10m", "1h", "1d"])
    habits = {
        "reader": chance.choice(READERS),
        "cleaning": chance.choice(CLEANINGS),
        "cast": chance.choice(["to_timestamp", "cast", "try_cast"]),
        "window": chance.choice(["window", "window", "date_trunc"]) if every != "10m" and zone == "UTC" else "window",
        "every": every,
        "zone": zone if every != "1d" else "UTC",
        "shape": chance.choice(["long", "long", "sum", "pivot"]),
        "rows": chance.choice(["all", "all", "all", "key", "known"]),
        "format": chance.choice(["csv", "csv", "parquet", "json"]),
        "missing": files > 1 and chance.random() < 0.15,
    }
    if chance.random() < 0.1:
        habits["reader"] = habits["reader"] | {"mode": "DROPMALFORMED"}
    if chance.random() < 0.1:
        habits["reader"] = habits["reader"] | {"inferSchema": True}
    if chance.random() < 0.1:
        habits["cast"] = "pattern " + chance.choice(PATTERNS)
    clean = chance.choice(["", '[clean]\naction = { case = "title" }\n', '[clean]\naction = { trim = false }\n'])
    (folder / "job.toml").write_text(
        f'name = "seed"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["action"]\nzone = "{habits["zone"]}"\n'
        f'local_times = "earlier"\n{clean}[limits]\nrejects = "100%"\ngrid_rows = 100000000\n[reports.r]\nevery = "{every}"\nfill = "none"\n'
        + ('values = ["Open", "Close"]\nshape = "wide"\n' if habits["shape"] != "long" else "")
    )
    (folder / "habits.json").write_text(json.dumps(habits))
    return habits


def run(spark, folder, habits):
    """The job, as such jobs are written."""
    from pyspark.sql import functions as F

    spark.conf.set("spark.sql.session.timeZone", habits["zone"])
    spark.conf.set("spark.sql.ansi.enabled", str(habits["cast"] == "try_cast").lower())
    paths = sorted(str(file) for file in (folder / "in").iterdir())
    frame = spark.read.option("header", True).options(**habits["reader"]).csv(paths[:-1] if habits["missing"] else paths)
    time = {"to_timestamp": F.to_timestamp("time"), "cast": F.col("time").cast("timestamp")}
    if habits["cast"].startswith("pattern "):
        time[habits["cast"]] = F.to_timestamp("time", habits["cast"].removeprefix("pattern "))
    frame = frame.withColumn("ts", time.get(habits["cast"]) if habits["cast"] in time else F.expr("try_cast(time as timestamp)"))
    key = F.col("action")
    for word in habits["cleaning"].split():
        key = {"none": lambda c: c, "trim": F.trim, "initcap": F.initcap, "lower": F.lower, "upper": F.upper}[word](key)
    frame = frame.withColumn("action", key)
    if habits["rows"] == "key":
        frame = frame.where(F.col("action").isNotNull())
    known = ["Open", "Close"]
    if "lower" in habits["cleaning"] or "upper" in habits["cleaning"]:
        known = [value.lower() if "lower" in habits["cleaning"] else value.upper() for value in known]
    if habits["rows"] == "known":
        frame = frame.where(F.col("action").isin(*known))
    length = {"10m": "10 minutes", "1h": "1 hour", "1d": "1 day"}[habits["every"]]
    if habits["window"] == "window":
        start = F.window("ts", length).start
    else:
        start = F.date_trunc(length.split()[1], "ts")
    frame = frame.withColumn("window_start", start) if habits["window"] != "window" else frame.where("ts is not null").withColumn("window_start", start)
    if habits["shape"] == "long":
        result = frame.groupBy("window_start", "action").count()
    elif habits["shape"] == "pivot":
        result = frame.groupBy("window_start").pivot("action", known).count().fillna(0)
    else:
        counts = [F.sum(F.when(F.col("action") == value, 1).otherwise(0)).alias(value) for value in known]
        result = frame.groupBy("window_start").agg(*counts)
    writer = result.coalesce(1).write.mode("overwrite")
    old = str(folder / "old")
    writer.option("header", True).csv(old) if habits["format"] == "csv" else getattr(writer, habits["format"])(old)


def session():
    """Spark in this process: its start costs more than a hundred seeds."""
    from pyspark.sql import SparkSession

    conf = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.sql.shuffle.partitions": "1", "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1", "spark.driver.memory": "900m"}  # fmt: skip
    builder = SparkSession.builder.master("local[1]")
    for key, value in conf.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def write_all(target, first, last):
    """The seeds from `first` to `last`, each in a folder of its own below `target`."""
    spark = session()
    for seed in range(first, last + 1):
        folder = target / str(seed)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            run(spark, folder, write(folder, seed))
        except Exception as error:  # noqa: BLE001 - Spark refuses some; such a seed has no old answer
            (folder / "refused").write_text(str(error))
    spark.stop()


if __name__ == "__main__":
    write_all(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]))
