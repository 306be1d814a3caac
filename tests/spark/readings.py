#!/usr/bin/env python3
"""What Spark reads: lines of CSV and texts of times that break readers, and what a live Spark makes of them.

  python tests/spark/readings.py            compares with crates/windrow/src/compare/spark/readings.json, ends with 1 if it is stale
  python tests/spark/readings.py --write    writes it anew

windrow reads the same lines by its own rules (`compare::spark`), and its tests compare. So what `windrow compare` takes for Spark's
reading is what this version of Spark reads.
"""

import itertools
import json
import random
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
import oldjob  # noqa: E402

TABLE = Path(__file__).resolve().parents[2] / "crates/windrow/src/compare/spark/readings.json"
OPTIONS = {"multiLine=True": {"multiLine": True}, "escape='\"'": {"escape": '"'}, "mode='DROPMALFORMED'": {"mode": "DROPMALFORMED"}}
READERS = {
    ", ".join(names): {key: value for name in names for key, value in OPTIONS[name].items()}
    for size in range(len(OPTIONS) + 1)
    for names in itertools.combinations(OPTIONS, size)
}
# Files of the columns a, b and c, of which b and c are wanted. Each line is a file of its own where the reader knows no line breaks.
FIELDS = [*oldjob.QUOTES, "", " ", "x", '"x"', '" x "', "\tx", '"\0x"', "x\0", '"x\0"y', '\\', '\\"', '"\\""', '"\\\\"x"', '""x"', '"x"\\"y"', '"x"\\', '"x" "', '"x\\y"', "ä", '"ä" "']
LINES = [
    "", " ", "\t", ",", ",,", ",,,", ",,,,", "x", "x,y", "x,y,z", "x,y,z,", "x,y,z,w", '"', '""', '"""', '"x', '"x,y,z', '"x,y",z', '"x",y,z',
    'x,"y,z', 'x,"y",z', 'x,y,"z', 'x,y,"z"', 'x,y,"z" ', 'x,y,"z"\t', 'x,"y" ,z', 'x, "y" ,z', 'x,"y"y,z', 'x,"y"y"y,z', 'x,"y""y",z',
    'x,"y\\"y",z', 'x,"y\\\\",z', 'x,"y\\",z', 'x,"y""",z', 'x,"""y",z', 'x,"y"\\"y",z', 'x,"y" "y",z', 'x,"y" "y" ,z', 'x,"\0",z', "\ufeffx,y,z",
    'x,y\rz,w', 'x,"y\rz",w', 'x,y,z\r', 'x,"y",z\r', 'x,y,"z"\r',
]  # fmt: skip
TIMES = [
    *oldjob.TIMES, "2016-07-28T04:19:28+05", "2016-07-28T04:19:28+05:3", "2016-07-28T04:19:28+053000", "2016-07-28T04:19:28+05:30:15",
    "2016-07-28T04:19:28+05:30:1", "2016-07-28T04:19:28+0:30", "2016-07-28T04:19:28+5:3", "2016-07-28T04:19:28+18", "2016-07-28T04:19:28-18:00",
    "2016-07-28T04:19:28+05:60", "2016-07-28T04:19:28UTC+5", "2016-07-28T04:19:28UTC+05:30", "2016-07-28T04:19:28GMT-03:30",
    "2016-07-28T04:19:28UT", "2016-07-28T04:19:28GMT0", "2016-07-28T04:19:28utc", "2016-07-28T04:19:28europe/berlin", "2016-07-28T04:19:28Etc/UTC",
    "2016-07-28T04:19:28EST", "2016-07-28T04:19:28 CET", "2016-07-28T04:19:28.Europe/Berlin", "2016-07-28T04:19:28.5 Europe/Berlin", "2016-07-28T04:19:28.123456789",
    "2016-07-28T04:19:28.", "2016-07-28T04:19:28:", "2016-07-28T04:19:", "2016-07-28T04:", "2016-07-28T04", "2016-07-28T", "2016-07-28 ", "2016-07-",
    "2016-", "201", "0201", "2016-0-1", "2016-00-01", "2016-13-01", "2016-1-32", "2016-001-01", "2000-02-29", "1900-02-29", "9999999-01-01", "294247-01-10T04:00:54.775807Z",
    "294247-01-10T04:00:54.775808Z", "-290308-12-21T19:59:05.224192Z", "-290309-12-21T19:59:05Z", "+0001-01-01", "-0001-01-01", "--2016-01-01", " 2016-07-28 ", "\t2016-07-28T04:19:28Z\t",
    "\u00a02016-07-28", "\u007f2016-07-28\u007f", "2016-07-28T4:9:8", "2016-07-28  04:19:28", "2016-07-28T04:19:28  Z", "2016-07-28T04:19:28Z ", "2016-07-28T24:00:00", "2016-07-28T23:60:00",
    "2016-07-28T23:59:60", "2016-03-27T02:30:00", "2016-10-30T02:30:00", "2016-03-27T02:30:00Europe/Berlin", "2016-10-30T02:30:00 Europe/Berlin", "1800-01-01T00:00:00", "1.5", "1469679568", "1e9",
]  # fmt: skip
# Texts for the patterns of `to_timestamp`, and the patterns. Times past the last one of Spark end a query.
BY_PATTERN = [
    *(text for text in TIMES if not text.startswith(("294247", "-29030", "999999"))), "2016-07-28T04:19:28.123Z", "2016-07-28T04:19:28.1Z", "2016-07-28T04:19:28.1234Z", "2016-07-28T04:19:28.123456Z", "2016-07-28T04:19:28.1234567Z",
    "2016-07-28T04:19:28.Z", "2016-07-28T04:19:28+02:00", "2016-07-28T04:19:28+0200", "2016-07-28T04:19:28+02", "2016-07-28T04:19:28.123+02:00", "2016-07-28 04:19:28.1",
    "2016-07-28 04:19:28 ", " 2016-07-28 04:19:28", "2016-07-28 04:19:28Z", "12016-07-28T04:19:28Z", "+12016-07-28T04:19:28Z", "-12016-07-28T04:19:28Z", "16-07-28 04:19:28",
    "2016-02-30 04:19:28", "2016-07-28 24:00:00", "2016-07-28 4:19:28", "2016-07-28T04:19:28,123Z", "2016-07-28T04:19:28.12x", "2016-03-27 02:30:00", "2016-10-30 02:30:00",
    "2016-07-28T04:19:28+18:00", "2016-07-28T04:19:28+18:01", "2016-07-28T04:19:28-00:00", "2016-07-28T04:19:28+05:60", "2016-07-28T04:19:28+0560",
]  # fmt: skip
PATTERNS = [
    "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "yyyy-MM-dd'T'HH:mm:ss.SSSX",
    "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "yyyy-MM-dd'T'HH:mm:ss.SSSSSSX", "yyyy-MM-dd'T'HH:mm:ss[.SSS][XXX]", "yyyy-MM-dd'T'HH:mm:ss[.SSSSSS]XXX", "yyyy-MM-dd'T'HH:mm:ss",
    "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.SSS", "yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mmX", "yyyy-MM-dd",
]  # fmt: skip
ZONES = ["UTC", "Europe/Berlin"]
CLOCKS_ONLY = ("T", "04:19")


def files(chance):
    """Texts of files without their header: each line alone, and many of them together, as a seed has them."""
    lines = LINES + [",".join(fields) for field in FIELDS for fields in (["x", field, "z"], ["x", "y", field], [field, "y", "z"])]
    lines += [",".join(chance.choice(FIELDS) for _ in range(3)) for _ in range(120)]
    lines += ["".join(chance.choice('",\\ x\0') for _ in range(chance.randrange(1, 14))) for _ in range(200)]
    yield from dict.fromkeys(lines)
    for _ in range(60):
        end = chance.choice(["\n", "\n", "\r\n", "\r"])
        yield end.join(chance.choice(lines) for _ in range(chance.randrange(2, 7))) + chance.choice(["", end])


def rows(spark, texts, options):
    """What `spark.read.csv` has of each text, columns b and c: all files of one folder at once, told apart by their names."""
    from pyspark.sql import functions as F

    with tempfile.TemporaryDirectory(prefix="windrow-readings-") as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.csv").write_bytes(f"a,b,c\n{text}".encode())
        frame = spark.read.option("header", True).options(**options).csv(folder)
        found = frame.select(F.col("_metadata.file_name").alias("file"), "b", "c").coalesce(1).collect()
        read = [[] for _ in texts]
        for row in found:
            read[int(row.file.removesuffix(".csv"))].append([row.b or "", row.c or ""])
    return read


def times(spark):
    from pyspark.sql import functions as F

    # A time of day is one of the day on which Spark runs, which no table can hold.
    texts = [text for text in dict.fromkeys(TIMES) if not text.strip().startswith(CLOCKS_ONLY)]
    table = {text: {} for text in texts}
    spark.conf.set("spark.sql.ansi.enabled", "false")
    for zone in ZONES:
        spark.conf.set("spark.sql.session.timeZone", zone)
        frame = spark.createDataFrame([(text,) for text in texts], ["text"])
        for row in frame.select("text", F.unix_micros(F.col("text").cast("timestamp")).alias("us")).collect():
            table[row.text][zone] = row.us
    return table


def by_patterns(spark):
    """What each pattern reads, by zone: texts that it does not read are left out."""
    from pyspark.sql import functions as F

    table = {pattern: {} for pattern in PATTERNS}
    for zone in ZONES:
        spark.conf.set("spark.sql.session.timeZone", zone)
        frame = spark.createDataFrame([(text,) for text in dict.fromkeys(BY_PATTERN)], ["text"])
        columns = [F.unix_micros(F.to_timestamp("text", pattern)).alias(str(number)) for number, pattern in enumerate(PATTERNS)]
        for row in frame.select("text", *columns).collect():
            for number, pattern in enumerate(PATTERNS):
                if row[number + 1] is not None:
                    table[pattern].setdefault(zone, {})[row.text] = row[number + 1]
    return {"texts": list(dict.fromkeys(BY_PATTERN)), "read": table}


def read_by(spark):
    texts = list(files(random.Random(43)))
    return {"spark": spark.version, "lines": by_reader(spark, texts), "times": times(spark), "patterns": by_patterns(spark)}


def by_reader(spark, texts):
    read = {name: rows(spark, texts, options) for name, options in READERS.items()}
    table = []
    for number, text in enumerate(texts):
        of_text = {name: read[name][number] for name in READERS}
        # Most are the same by all readers, and said once.
        same = all(rows == of_text[""] for rows in of_text.values())
        table.append({"text": text, "rows": of_text[""] if same else of_text})
    return table


def main():
    spark = oldjob.session()
    table = read_by(spark)
    spark.stop()
    if "--write" in sys.argv[1:]:
        parts = ",\n".join(json.dumps(line, ensure_ascii=True) for line in table["lines"])
        of_times = ",\n".join(f"{json.dumps(text)}: {json.dumps(us)}" for text, us in table["times"].items())
        TABLE.write_text(f'{{"spark": "{table["spark"]}",\n"lines": [\n{parts}\n],\n"times": {{\n{of_times}\n}},\n"patterns": {json.dumps(table["patterns"], ensure_ascii=True)}}}\n')
        return 0
    kept = json.loads(TABLE.read_text())
    for part in ("lines", "times", "patterns"):
        if kept[part] != table[part]:
            print(f"{TABLE.name} is stale: Spark {table['spark']} reads other {part}; --write, and let windrow follow")
            return 1
    print(f"{TABLE.name}: {len(kept['lines'])} lines, {len(kept['times'])} times and {len(kept['patterns']['read'])} patterns, as Spark {table['spark']} reads them")
    return 0


if __name__ == "__main__":
    sys.exit(main())
