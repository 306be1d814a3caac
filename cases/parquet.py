"""Writes the Parquet files of the cases: python3 cases/parquet.py [NAME ...]. Needs pyarrow, polars and duckdb.

The files are committed, as other versions of the writers write other bytes.
"""
import datetime as dt
import decimal
import pathlib
import sys
import uuid

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq

CASES = pathlib.Path(__file__).parent
UTC = dt.timezone.utc
D = decimal.Decimal


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=UTC)


def folder(name):
    place = CASES / name / "in"
    place.mkdir(parents=True, exist_ok=True)
    return place


def table(**columns):
    return pa.table(columns)


def writers():
    times = [utc(f"2024-01-01T00:{minute:02}:07.123456") for minute in (0, 9, 10, 10, 25, 59)]
    actions = ["Open", "Close", None, "Open", "", "Caf\u00e9, \"quoted\""]
    events = table(
        id=pa.array(range(6), pa.int64()),
        time=pa.array(times, pa.timestamp("us", "UTC")),
        action=pa.array(actions, pa.string()),
    )
    place = folder("parquet-writers")
    pq.write_table(events, place / "pyarrow.parquet")
    pq.write_table(
        events, place / "pyarrow-2.parquet", data_page_version="2.0", compression="zstd", row_group_size=2,
        use_dictionary=False, column_encoding={"time": "DELTA_BINARY_PACKED", "action": "DELTA_BYTE_ARRAY"},
        write_page_index=True, write_page_checksum=True,
    )
    for codec in ["gzip", "lz4", "none"]:
        pq.write_table(events, place / f"pyarrow-{codec}.parquet", compression=codec, use_dictionary=codec != "none")
    polars.from_arrow(events).write_parquet(place / "polars.parquet")
    duckdb.sql("SET TimeZone = 'UTC'")
    duckdb.from_arrow(events).write_parquet(str(place / "duckdb.parquet"))


def measures():
    times = [utc(f"2024-01-01T00:{minute:02}:07") for minute in (0, 9, 9, 10, 25)]
    events = table(
        time=pa.array(times, pa.timestamp("us", "UTC")),
        action=pa.array(["Open", "Open", "Close", None, "Open"], pa.string()),
        bytes=pa.array([1, 2, None, 2**62, -5], pa.int64()),
        price=pa.array([D("1.10"), D("2.25"), D("-0.01"), None, D("0")], pa.decimal128(12, 2)),
        ratio=pa.array([0.1, 0.3, None, 1e-9, 2.5], pa.float64()),
        text=pa.array(["7", "0.5", " 8 ", "", None], pa.string()),
    )
    pq.write_table(events, folder("measure-parquet") / "a.parquet", row_group_size=2)


def times():
    place = folder("parquet-times")
    instants = [utc("2024-01-01T00:30:00"), utc("1969-12-31T23:59:59.999")]

    def put(kind, values, **options):
        columns = table(time=values, kind=pa.array([kind] * len(values)))
        pq.write_table(columns, place / f"{kind}.parquet", **options)

    # In Berlin the clock shows one hour more.
    local = [(instant + dt.timedelta(hours=1)).replace(tzinfo=None) for instant in instants]
    for unit in ["ms", "us", "ns"]:
        put(f"utc-{unit}", pa.array(instants, pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, "UTC"), safe=False))
        put(f"local-{unit}", pa.array(local, pa.timestamp("us")).cast(pa.timestamp(unit), safe=False))
    before_1970 = pa.array([-1], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    put("utc-ns-before-1970", before_1970)
    # A clock that is written by its instants, as Spark does.
    put("int96", pa.array([i.replace(tzinfo=None) for i in instants], pa.timestamp("ns")), use_deprecated_int96_timestamps=True)
    put("date", pa.array([dt.date(2024, 1, 1)]))
    put("text", pa.array(["2024-01-01T01:30:00", "2024-01-01T00:30:00Z"]))


def epochs():
    place = folder("parquet-epochs")
    seconds = 1_704_067_200
    for kind, values in {
        "int64": pa.array([seconds], pa.int64()),
        "uint32": pa.array([seconds], pa.uint32()),
        "double": pa.array([seconds + 0.5]),
        "decimal": pa.array([D(f"{seconds}.250")], pa.decimal128(18, 3)),
        "text": pa.array([f"{seconds}.125"]),
        "timestamp": pa.array([utc("2024-01-01T00:00:00")], pa.timestamp("us", "UTC")),
        "dictionary": pa.array([f"{seconds}"]).dictionary_encode(),
    }.items():
        pq.write_table(table(time=values, kind=pa.array([kind])), place / f"{kind}.parquet")


def keys():
    time = pa.array([utc("2024-01-01T00:00:00")] * 3, pa.timestamp("us", "UTC"))
    pq.write_table(
        table(
            time=time,
            boolean=pa.array([True, False, None]),
            int8=pa.array([-128, 127, None], pa.int8()),
            uint64=pa.array([2**64 - 1, 0, None], pa.uint64()),
            decimal=pa.array([D("-0.05"), D("12345678901234567890.10"), None], pa.decimal128(22, 2)),
            small=pa.array([D("1.50"), D("-20.00"), None], pa.decimal128(4, 2)),
            double=pa.array([5.0, 1e300, None]),
            float=pa.array([0.1, -1.5, None], pa.float32()),
            date=pa.array([dt.date(2024, 2, 29), dt.date(1969, 12, 31), None]),
            clock=pa.array([dt.time(1, 2, 3, 400000), dt.time(0, 0), None], pa.time64("us")),
            instant=pa.array([utc("2024-01-01T12:00:00"), utc("2024-01-01T12:00:00.5"), None], pa.timestamp("ms", "UTC")),
            uuid=pa.array([uuid.UUID(int=0x00112233445566778899AABBCCDDEEFF).bytes, bytes(16), None], pa.uuid()),
            binary=pa.array([b"Open", b"", None], pa.binary()),
            dictionary=pa.array(["x", "y", None]).dictionary_encode(),
        ),
        folder("parquet-keys") / "events.parquet",
        store_decimal_as_integer=True,
    )


def paths():
    pq.write_table(
        pa.table({
            "at": pa.array([{"time": utc(f"2024-01-01T00:00:0{n}")} for n in range(5)], pa.struct([("time", pa.timestamp("us", "UTC"))])),
            "payload": pa.array([{"user": {"action": a}} if a else None for a in ["Open", "Open", None, "Close", "Open"]]),
            "log.level": pa.array(["info", "warn", "info", None, "info"]),
            "tags": pa.array([["x", "y"], ["x"], None, [], [None, "y"]]),
            "items": pa.array([[{"names": ["a", "b"]}, {"names": ["c"]}], [{"names": []}], None, [None, {"names": ["d"]}], [{"names": None}, {"names": ["c"]}]]),
        }),
        folder("parquet-paths") / "events.parquet",
        row_group_size=2,
    )


def hive():
    for action, name, seconds, actions in [
        ("Open", "x", [1, 599, 600], None),
        ("Close", "x", [1, 1], None),
        ("Open", "y", [3, 4], ["Open", None]),
    ]:
        times = [utc("2024-01-01T00:00:00") + dt.timedelta(seconds=second) for second in seconds]
        columns = {"time": pa.array(times, pa.timestamp("us", "UTC"))}
        if actions:
            columns["action"] = pa.array(actions, pa.string())
        place = folder("path-parquet") / f"action={action}"
        place.mkdir(exist_ok=True)
        pq.write_table(table(**columns), place / f"{name}.parquet")


def rejects():
    good = "2024-01-01T00:00:00"
    times = [good, None, "9999-12-31T23:59:59", "2024-03-31T02:30:00", "2024-10-27T02:30:00", good, good, good]
    actions = [b"Open", b"Open", b"Open", b"Open", b"a\"b", b"nul\0", b"\xff", b"Close"]
    naive = pa.array([t and dt.datetime.fromisoformat(t) for t in times], pa.timestamp("us"))
    pq.write_table(
        table(time=naive, action=pa.array(actions, pa.binary())),
        folder("parquet-rejects") / "events.parquet",
        row_group_size=3,
    )


def damaged():
    place = folder("parquet-damaged")
    events = table(
        time=pa.array([utc(f"2024-01-01T00:00:{n:02}") for n in range(40)], pa.timestamp("us", "UTC")),
        action=pa.array(["Open", "Close"] * 20),
    )
    pq.write_table(events, place / "good.parquet", row_group_size=20, write_page_checksum=True)
    data = (place / "good.parquet").read_bytes()
    (place / "cut.parquet").write_bytes(data[: len(data) // 2])
    second = pq.ParquetFile(place / "good.parquet").metadata.row_group(1).column(0)
    at = second.data_page_offset + second.total_compressed_size // 2
    (place / "flipped.parquet").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    length = len(data) - 8
    (place / "footer.parquet").write_bytes(data[:length] + b"\xff\xff\xff\x0f" + b"PAR1")
    (place / "short.parquet").write_bytes(b"PAR1PAR1")


def refused():
    time = pa.array([utc("2024-01-01T00:00:00")], pa.timestamp("us", "UTC"))
    events = table(time=time, action=pa.array(["Open"]), payload=pa.array([{"user": "x"}]))
    for name in ["parquet-missing-column", "parquet-struct-as-key", "parquet-growing", "parquet-as-csv", "form-parquet"]:
        pq.write_table(events, folder(name) / "events.parquet")
    pq.write_table(events, folder("parquet-brotli") / "events.parquet", compression="brotli")
    pq.write_table(events.slice(0, 0), folder("parquet-empty") / "events.parquet")


def expressions():
    times = [utc(f"2024-01-01T{at // 3:02}:{at % 3 * 20:02}:07") for at in range(12)]
    events = table(
        time=pa.array(times, pa.timestamp("ms", "UTC")),
        action=pa.array(["Open", "Close", "Open", None] * 3, pa.string()),
        bytes=pa.array([1, 20, None, 300, -5, 7, 80, 2**40, 0, 11, None, 12], pa.int64()),
        day=pa.array([dt.date(2024, 1, 1 + at % 2) for at in range(12)], pa.date32()),
    )
    for name in ["sql-parquet", "sql-parquet-time"]:
        pq.write_table(events, folder(name) / "a.parquet", row_group_size=5)


ALL = [writers, times, measures, expressions, epochs, keys, paths, hive, rejects, damaged, refused]

if __name__ == "__main__":
    for write in ALL:
        if len(sys.argv) == 1 or write.__name__ in sys.argv[1:]:
            write()
