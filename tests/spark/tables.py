"""Random jobs and Parquet files that two engines count: every type that Spark reads itself and some that it does not, values at the
ends of their ranges, faulty rows, row groups and pages of any size, files with different schemas. The same seed gives the same rows.
"""

import datetime
import decimal
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

START_US = 1_469_491_200_000_000
DAY_US = 86_400_000_000
# The ends of the years 1 and 9999, times beyond them, and the ends of the stored type.
EDGES_US = [
    -62_135_596_800_000_000, -62_135_596_800_000_001, 253_402_300_799_999_999, 253_402_300_800_000_000, 253_370_764_800_000_000,
    -12_219_292_800_000_001, -1, 0, 2**63 - 1, -(2**63),
]  # fmt: skip
VALUES = ["Open", "Close", "open", " Open ", "", "ä", "日本", "a,b", 'a"b', "null", "NULL", "a" * 40, "İ", "\u00a0", "0", "-1"]
BAD_TEXTS = [b"Op\0en", b"\xff\xfe", b"\xc3", b"\0"]
TIMES = [
    "2016-07-28T04:19:28Z", " 2016-07-28T04:19:28.1234567Z ", "2016-07-28 04:19", "2016-07-28T04:19:28+02:00", "soon", "", "2016-7-8",
    "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "now", "1e3",
]  # fmt: skip
NAMES = ["action", "Action", "a`b", "user name", "a.b", "größe", "${x}", "x)", "'q'", '"d"', "日本"]


class Column:
    """A column: a random type, and random values of it."""

    def __init__(self, chance, kind):
        self.chance, self.kind = chance, kind
        self.nulls, self.odd = chance.choice([0, 0, 0.02, 0.3]), chance.choice([0, 0, 0, 0.01, 0.2])
        self.type = chance.choice(TYPES[kind])(chance)
        self.few = chance.random() < 0.7

    def values(self, times_us):
        return pa.array([self.value(us) for us in times_us], self.type)

    def value(self, us):
        chance = self.chance
        if chance.random() < self.nulls:
            return None
        is_odd = chance.random() < self.odd
        if pa.types.is_timestamp(self.type):
            us = chance.choice(EDGES_US) if is_odd else us
            unit = {"s": 10**-6, "ms": 10**-3, "us": 1, "ns": 10**3}[self.type.unit]
            stored = us * 1000 + chance.randrange(1000) if unit == 10**3 else us // round(1 / unit)
            return min(max(stored, -(2**63)), 2**63 - 1) if unit != 10**-6 else stored
        if pa.types.is_date32(self.type):
            return min(max(chance.choice(EDGES_US) if is_odd else us, -(10**8) * DAY_US), 10**8 * DAY_US) // DAY_US
        if pa.types.is_integer(self.type):
            width = self.type.bit_width
            low, high = (-(2 ** (width - 1)), 2 ** (width - 1) - 1) if pa.types.is_signed_integer(self.type) else (0, 2**width - 1)
            return chance.choice([low, high, 0, high - 1]) if is_odd else min(chance.randrange(10 if self.few else 10**6), high)
        if pa.types.is_boolean(self.type):
            return chance.random() < 0.5
        if pa.types.is_floating(self.type):
            odd = [float("nan"), float("inf"), -0.0, 1e300 if self.type.bit_width == 64 else 1e30, 0.1 + 0.2, 5e-324, 1e-7, 123456789.0]
            return chance.choice(odd) if is_odd else chance.randrange(10**4) / chance.choice([1, 10, 100, 1000])
        if pa.types.is_decimal(self.type):
            most = 10 ** (self.type.precision if is_odd else min(self.type.precision, 3))
            with decimal.localcontext(prec=76):
                return decimal.Decimal(chance.randrange(1 - most, most)).scaleb(-self.type.scale)
        text = chance.choice(VALUES[:3] if self.few else VALUES).encode()
        return chance.choice(BAD_TEXTS if pa.types.is_binary(self.type) else [b"a\0b"]) if is_odd else text


def fixed(*types):
    return [lambda chance, one=one: one for one in types]


TYPES = {
    "time": [
        lambda chance: pa.timestamp(chance.choice(["ms", "us", "ns"]), chance.choice(["UTC", "UTC", None])),
        lambda chance: pa.timestamp("us", "UTC"),
        lambda chance: pa.timestamp("ms", "Europe/Berlin"),
        lambda chance: pa.date32(),
    ],
    "text": fixed(pa.string(), pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int32(), pa.string())),
    "key": fixed(
        pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.bool_(), pa.date32(),
        pa.decimal128(5, 2), pa.decimal128(9, 9), pa.decimal128(15, 4), pa.decimal128(18, 18), pa.decimal128(38, 20), pa.decimal128(12, 0),
        pa.decimal256(40, 3), pa.timestamp("ms", "UTC"), pa.timestamp("us"), pa.timestamp("ns", "UTC"), pa.float64(), pa.float32(),
    ),
    "number": fixed(
        pa.int32(), pa.int64(), pa.uint64(), pa.decimal128(9, 2), pa.decimal128(30, 12), pa.float64(), pa.float64(), pa.float32(), pa.string()
    ),
}  # fmt: skip
MEASURES = ["sum(n)", "mean(n)", "min(n)", "max(n)", "p50(n)", "p99(n)", "distinct(n)"]


def write(folder, seed):
    """Writes a job and its files to `folder`."""
    chance = random.Random(seed)
    folder = Path(folder)
    (folder / "in").mkdir(parents=True)
    keys = chance.sample(NAMES, chance.choice([0, 1, 1, 1, 2]))
    time_format = chance.choice(["iso"] * 6 + ["epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "date"])
    is_measured, zone = chance.random() < 0.3, chance.choice(["UTC"] * 5 + ["Europe/Berlin"])
    is_hive = keys and chance.random() < 0.15
    for number in range(chance.randrange(1, 6)):
        names = [name for name in keys if not is_hive or name != keys[0] or chance.random() < 0.2]
        file = folder / "in" / (f"{keys[0].replace('/', '')}=Op en" if is_hive else ".") / f"{chance.choice(['a b%20', 'ä', 'x'])}{number}.parquet"
        file.parent.mkdir(exist_ok=True)
        write_file(chance, file, names, time_format, is_measured)
    quote = lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    lines = ['name = "seed"', "version = 1", "[source]", 'path = "in"', 'format = "parquet"', 'time = "time"']
    lines.append(f"keys = [{', '.join(quote(quoted(key)) for key in keys)}]")
    lines += [f"time_format = {quote(time_format)}"] if time_format != "iso" else []
    lines += [f"zone = {quote(zone)}", f"local_times = {quote(chance.choice(['reject', 'earlier', 'later']))}"] if zone != "UTC" else []
    lines += ['earliest = "2016-07-01T00:00:00Z"'] if chance.random() < 0.2 else []
    if is_measured and chance.random() < 0.3:
        lines.append('on_bad_number = "null"')
    if chance.random() < 0.3:
        lines.append(f"where = {quote(chance.choice(CONDITIONS))}")
    lines += ["[limits]", f"rejects = {chance.choice([quote('100%'), quote('100%'), quote('5%')])}", "[reports.windows]"]
    lines += [f"every = {quote(chance.choice(['10m', '1h', '1d']))}", 'fill = "none"']
    if is_measured:
        lines.append(f"measures = [{', '.join(quote(one) for one in chance.sample(MEASURES, 3))}]")
    (folder / "job.toml").write_text("\n".join(lines) + "\n")


CONDITIONS = [
    "other <> 'Close'", "other = 'Open' OR other IS NULL", "time > '2016-07-27'", "CAST(other AS INTEGER) > 3", "length(other) < 5",
    "upper(other) = 'OPEN'", "other LIKE 'O%'",
]  # fmt: skip


def quoted(name):
    """The name of a column as a job writes it: a column with exactly this name needs no quotes."""
    return name


def write_file(chance, file, names, time_format, is_measured):
    rows = chance.choice([0, 1, 30, 500, 3000])
    at, times = START_US + chance.randrange(DAY_US), []
    for _ in range(rows):
        at += chance.choice([0, 1, 1000, 10**6, 60 * 10**6, -(10**6)]) if chance.random() < 0.9 else chance.randrange(10**10)
        times.append(at)
    columns = {"time": time_column(chance, time_format, times)}
    for name in [*names, "other"]:
        columns[name] = Column(chance, chance.choice(["text", "text", "key"])).values(times)
    if is_measured:
        columns["n"] = number_column(chance, times)
    if chance.random() < 0.3:
        columns |= {"TIME": pa.array(["not this one"] * rows), "OTHER": pa.array(range(rows))}
    order = list(columns)
    chance.shuffle(order)
    pq.write_table(
        pa.table({name: columns[name] for name in order}), file,
        row_group_size=chance.choice([7, 100, 1000, 10**6]), data_page_size=chance.choice([100, 4096, 10**6]),
        use_dictionary=chance.random() < 0.6, compression=chance.choice(["zstd", "zstd", "snappy", "gzip", "none", "lz4"]),
        data_page_version=chance.choice(["1.0", "2.0"]), store_decimal_as_integer=chance.random() < 0.5,
        use_deprecated_int96_timestamps=chance.random() < 0.05, write_statistics=chance.random() < 0.8,
        write_page_index=chance.random() < 0.3,
    )  # fmt: skip


def time_column(chance, time_format, times):
    nulls = chance.choice([0, 0, 0, 0.01])
    times = [None if chance.random() < nulls else us for us in times]
    if time_format.startswith("epoch") and chance.random() < 0.7:
        unit = {"epoch_s": 10**6, "epoch_ms": 10**3, "epoch_us": 1, "epoch_ns": 1}[time_format]
        scale = 1000 if time_format == "epoch_ns" else 1
        numbers = [None if us is None else us // unit * scale + (chance.randrange(scale) if scale > 1 else 0) for us in times]
        odd = chance.choice([0, 0, 0.01])
        numbers = [chance.choice([2**63 - 1, -(2**63), 0, -1]) if chance.random() < odd else number for number in numbers]
        return pa.array(numbers, chance.choice([pa.int64(), pa.int64(), pa.decimal128(19, 0), pa.uint64()][: 3 if odd == 0 else 2]))
    if time_format in ("iso", "date") and chance.random() < 0.25:
        odd = chance.choice([0, 0.01, 0.3])
        moment = lambda us: datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=us)
        text = lambda us: (moment(us).strftime("%Y-%m-%d") if time_format == "date" else moment(us).isoformat() + chance.choice(["Z", "Z", ""]))
        return pa.array([None if us is None else chance.choice(TIMES) if chance.random() < odd else text(us) for us in times], pa.string())
    column = Column(chance, "time")
    column.nulls = max(column.nulls if column.nulls < 0.1 else 0, nulls)
    return column.values([us or START_US for us in times])


def number_column(chance, times):
    column = Column(chance, "number")
    if pa.types.is_string(column.type):
        odd = ["", " 7 ", "1e3", "x", "1.0000000005", "12345678901234567890", "-0", ".5", "5."]
        return pa.array([chance.choice(odd) if chance.random() < 0.02 else str(chance.randrange(1000)) for _ in times])
    return column.values(times)


if __name__ == "__main__":
    import sys

    write(sys.argv[1], int(sys.argv[2]))
