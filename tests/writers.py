"""The same rows as five programs write them to Parquet, and as CSV: windrow gives one answer, and one account of the rows.

    tests/writers.py BINARY            pyarrow, Polars, DuckDB, arrow-rs (windrow generate), and the files of Spark beside this one
    tests/writers.py --write-spark     writes those anew; needs pyspark and Java

Times are of every unit and type, pages of both versions, with and without dictionaries, in every codec that is read. Some rows
have no time, or one that is out of range.
"""

import csv
import datetime as dt
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

SPARK = pathlib.Path(__file__).parent / "writers"
SPARK_SEED = 1
# How Spark writes: its name, the type of times, the codec, and whether there are dictionaries.
SPARK_WAYS = [("int96", "INT96", "snappy", True), ("micros", "TIMESTAMP_MICROS", "zstd", True), ("millis", "TIMESTAMP_MILLIS", "gzip", False)]
UTC = dt.timezone.utc
KEYS = ["Open", "Open", "Close", "Café", "a,b", "", None, "a value of more than sixteen bytes"]


def rows_of(seed, rows=700):
    """Rows (time, action, n), some of them not events; times in milliseconds."""
    dice = random.Random(seed)
    start = dt.datetime(2024, 3, 30, 22, tzinfo=UTC)
    times = [start + dt.timedelta(milliseconds=dice.randrange(40 * 3_600_000)) for _ in range(rows)]
    if dice.random() < 0.5:
        times.sort()
    for _ in range(rows // 50):
        times[dice.randrange(rows)] = None
    times[dice.randrange(rows)] = dt.datetime(9999, 12, 31, tzinfo=UTC)
    return [(time, dice.choice(KEYS), dice.randrange(1000)) for time in times]


def write_csv(rows, path):
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["time", "action", "n"])
        for time, action, n in rows:
            out.writerow([time.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if time else "", action or "", n])


def answer(binary, path, keys=None):
    """The counts as text, and where the rows went. `keys`: those of an encrypted file, by column; that of the footer by none."""
    keys = {f"KEY{at}": pair for at, pair in enumerate((keys or {}).items())}
    variables = {name: key.hex() for name, (_, key) in keys.items()}
    with tempfile.TemporaryDirectory() as folder:
        summary = pathlib.Path(folder, "summary.json")
        command = [binary, "run", path, "--time", "time", "--key", "action", "--every", "7m", "--shape", "long", "--fill", "none"]
        command += ["--format", "csv", "--summary-json", summary, "--threads", random.choice("127"), "--quiet"]
        for name, (column, _) in keys.items():
            command += ["--parquet-key", f"{column}=env:{name}" if column else f"env:{name}"]
        done = subprocess.run([str(word) for word in command], capture_output=True, check=False, env=os.environ | variables)
        if done.returncode:
            raise AssertionError(f"{path.name}: exit {done.returncode}\n{done.stderr.decode()}")
        rows = json.loads(summary.read_text())["rows"]
    rows.pop("without_offset", None)
    return done.stdout.decode(), rows


def by_pyarrow(rows, folder, dice):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for unit in ["ms", "us", "int96", "date text"]:
        kind = pa.timestamp("us" if unit == "int96" else unit, "UTC") if unit != "date text" else pa.string()
        times = [time and (time.isoformat() if unit == "date text" else time) for time, _, _ in rows]
        dictionary = dice.random() < 0.5
        actions = pa.array([action for _, action, _ in rows])
        table = pa.table({
            "n": [n for *_, n in rows],
            "time": pa.array(times, kind),
            "action": actions.dictionary_encode() if dice.random() < 0.5 else actions,
        })
        path = folder / f"pyarrow-{unit.replace(' ', '-')}.parquet"
        encoding = {"time": "DELTA_BINARY_PACKED", "action": "DELTA_BYTE_ARRAY"} if unit in ("ms", "us") else None
        pq.write_table(
            table, path, use_dictionary=dictionary, column_encoding=None if dictionary else encoding,
            compression=dice.choice(["none", "snappy", "gzip", "zstd", "lz4"]), row_group_size=dice.choice([100, 1000]),
            data_page_size=dice.choice([64, 1 << 20]), data_page_version=dice.choice(["1.0", "2.0"]),
            write_page_index=dice.random() < 0.5, use_deprecated_int96_timestamps=unit == "int96",
        )
        yield path


def encrypted(rows, folder, dice):
    """Files of pyarrow, with their keys: the keys of columns are made by pyarrow, one for each, and seen where it has them wrapped."""
    import base64

    import pyarrow as pa
    import pyarrow.parquet as pq
    import pyarrow.parquet.encryption as pe

    made = {}

    class Keys(pe.KmsClient):
        def __init__(self, *_):
            super().__init__()

        def wrap_key(self, key, name):
            made[name] = key
            return base64.b64encode(key)

        def unwrap_key(self, key, _):
            return base64.b64decode(key)

    table = pa.table({
        "n": [n for *_, n in rows],
        "time": pa.array([time for time, *_ in rows], pa.timestamp("us", "UTC")),
        "action": [action for _, action, _ in rows],
    })
    factory = pe.CryptoFactory(lambda _: Keys())
    for way in ["footer", "time", "action", "plain footer"]:
        made.clear()
        options = {"double_wrapping": False, "data_key_length_bits": dice.choice([128, 256]), "plaintext_footer": way == "plain footer"}
        own = {"footer": [], "plain footer": ["time", "action"]}.get(way, [way])
        columns = {"column_keys": {column: [column] for column in own}} if own else {"uniform_encryption": True}
        settings = pe.EncryptionConfiguration("footer", **columns, **options)
        path = folder / f"encrypted-{way.replace(' ', '-')}.parquet"
        pq.write_table(
            table, path, encryption_properties=factory.file_encryption_properties(pe.KmsConnectionConfig(), settings),
            compression=dice.choice(["none", "snappy", "gzip", "zstd", "lz4"]), row_group_size=dice.choice([100, 1000]),
            data_page_size=dice.choice([64, 1 << 20]), data_page_version=dice.choice(["1.0", "2.0"]), write_page_index=dice.random() < 0.5,
            use_dictionary=dice.random() < 0.5,
        )
        yield path, {None: made["footer"], **{column: made[column] for column in own}}


def by_polars(rows, folder, dice):
    import polars as pl

    for unit in ["ms", "us"]:
        frame = pl.DataFrame(
            {"time": [time for time, *_ in rows], "action": [action for _, action, _ in rows], "n": [n for *_, n in rows]},
            schema={"time": pl.Datetime(unit, "UTC"), "action": dice.choice([pl.String, pl.Categorical]), "n": pl.Int32},
        )
        path = folder / f"polars-{unit}.parquet"
        frame.write_parquet(
            path, compression=dice.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4"]),
            row_group_size=dice.choice([100, 1000]), data_page_size=dice.choice([64, 1 << 20]), statistics=dice.choice([True, False, "full"]),
        )
        yield path


def by_duckdb(rows, folder, dice):
    import duckdb
    import pyarrow as pa

    table = pa.table({
        "time": pa.array([time for time, *_ in rows], pa.timestamp("us", "UTC")),
        "action": [action for _, action, _ in rows],
        "n": [n for *_, n in rows],
    })
    with duckdb.connect() as connection:
        connection.register("rows", table)
        for version in ["V1", "V2"]:
            path = folder / f"duckdb-{version}.parquet"
            codec = dice.choice(["uncompressed", "snappy", "gzip", "zstd", "lz4_raw"])
            connection.execute(f"COPY rows TO '{path}' (FORMAT parquet, CODEC '{codec}', PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
            yield path


def by_arrow_rs(binary, folder, seed):
    """Events that windrow writes itself, as CSV and by the crate."""
    paths = [folder / "arrow-rs.csv", folder / "arrow-rs.parquet"]
    for path in paths:
        form = [] if path.suffix == ".csv" else ["--format", "parquet"]
        command = [binary, "generate", "--events", "3000", "--seed", str(seed), "--extra-columns", "3", *form, "--output", path]
        subprocess.run(command, check=True)
    return paths


def check(binary, seed):
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        rows, plain = rows_of(seed), folder / "rows.csv"
        write_csv(rows, plain)
        expected = answer(binary, plain)
        if expected[1]["rejected"] == 0 or expected[1]["read"] != len(rows):
            raise AssertionError(f"the rows of seed {seed} are not what they should be: {expected[1]}")
        for write in (by_pyarrow, by_polars, by_duckdb):
            for path in write(rows, folder, dice):
                compare(expected, answer(binary, path), f"seed {seed}, {path.name}")
        for path, keys in encrypted(rows, folder, dice):
            compare(expected, answer(binary, path, keys), f"seed {seed}, {path.name}")
        ours, theirs = (answer(binary, path) for path in by_arrow_rs(binary, folder, seed))
        compare(ours, theirs, f"seed {seed}, arrow-rs")


def check_spark(binary):
    with tempfile.TemporaryDirectory() as folder:
        plain = pathlib.Path(folder, "rows.csv")
        write_csv(rows_of(SPARK_SEED), plain)
        expected = answer(binary, plain)
    for name, *_ in SPARK_WAYS:
        compare(expected, answer(binary, SPARK / f"spark-{name}.parquet"), f"Spark, {name}")


def compare(ours, theirs, what):
    if ours != theirs:
        rows = zip(ours[0].splitlines(), theirs[0].splitlines())
        raise AssertionError(f"{what}: {ours[1]} but {theirs[1]}, {next((pair for pair in rows if pair[0] != pair[1]), 'the same counts')}")


def write_spark():
    from pyspark.sql import SparkSession
    from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    fields = [("time", TimestampType()), ("action", StringType()), ("n", LongType())]
    frame = session.createDataFrame(rows_of(SPARK_SEED), StructType([StructField(*field) for field in fields]))
    SPARK.mkdir(exist_ok=True)
    for name, kind, codec, dictionary in SPARK_WAYS:
        session.conf.set("spark.sql.parquet.outputTimestampType", kind)
        folder = SPARK / name
        frame.coalesce(1).write.mode("overwrite").option("compression", codec).option("parquet.enable.dictionary", dictionary).parquet(str(folder))
        next(folder.glob("*.parquet")).rename(SPARK / f"spark-{name}.parquet")
        shutil.rmtree(folder)


def main():
    if sys.argv[1] == "--write-spark":
        return write_spark()
    passed = failed = 0
    for turn in [lambda seed=seed: check(sys.argv[1], seed) for seed in range(1, 5)] + [lambda: check_spark(sys.argv[1])]:
        try:
            turn()
            passed += 1
        except AssertionError as difference:
            failed += 1
            print(difference, file=sys.stderr)
    print(f"writers: {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
