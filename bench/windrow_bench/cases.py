"""The cases: what is generated, how windrow is asked, what it must reach."""

from dataclasses import dataclass
from typing import Callable, Optional

from . import joined_rows, json_rows, measured_rows

PEERS = ("duckdb", "polars", "chdb", "datafusion", "pyspark")
ALL = ("windrow", *PEERS)
OPEN_CLOSE = ("--key", "action", "--values", "Open,Close")


@dataclass(frozen=True)
class Data:
    """A log or a folder of logs; cases share it by its name."""

    name: str
    events: int
    options: tuple = ()
    files: int = 1
    time: str = "iso"
    scales: bool = True
    ending: str = ".csv"
    # Makes it of the CSV that windrow writes: from a path to a path.
    rewritten: Optional[Callable] = None


@dataclass(frozen=True)
class Goal:
    """`faster` than another engine by a factor, or not `over` a number of megabytes or milliseconds."""

    text: str
    unit: str
    limit: float
    than: str = ""


@dataclass(frozen=True)
class Case:
    name: str
    data: Data
    shape: str = "wide"
    windrow: tuple = OPEN_CLOSE
    engines: tuple = ALL
    cold: bool = False
    # Only rows with this `column=value` count; windrow has an option for it, in `windrow`.
    where: str = ""
    # Whether the table beside the data is joined to the rows; the key is then a column of the table.
    joined: bool = False
    # What standard input is, for the engine that reads it: `file` or `pipe`.
    stdin: str = ""
    goals: tuple = ()


def faster(factor, than):
    return Goal(f"{factor:g} x faster than {than}", "factor", factor, than)


def peak(megabytes):
    return Goal(f"peak <= {megabytes} MB", "MB", megabytes)


def within(milliseconds):
    return Goal(f"<= {milliseconds} ms", "ms", milliseconds)


NARROW = Data("narrow", 50_000_000)
WIDE = Data("wide", 11_000_000, ("--extra-columns", "10"))
JOINED = Data("joined", 20_000_000, rewritten=joined_rows.with_users)
MEASURED = Data("measured", 20_000_000, rewritten=measured_rows.with_bytes)
ACTIONS = ("--key", "action", "--fill", "none")
FASTEST = "the fastest peer"
PACKED = ("windrow", "unpack", "duckdb", "polars")
GZIP = ("--codec", "gzip")
IN_PROCESS = ("windrow", "duckdb", "polars", "chdb", "datafusion")
PARQUET = ("--format", "parquet", "--time-format", "local")

CASES = (
    Case("narrow", NARROW, goals=(faster(6, FASTEST), faster(60, "pyspark"), peak(150))),
    Case("narrow-1thread", NARROW, engines=("windrow", "windrow-1thread"),
         goals=(faster(1.8, "windrow-1thread"),)),
    Case("wide", WIDE, goals=(faster(4, FASTEST),)),
    Case("epoch_ms", Data("epoch_ms", 50_000_000, ("--time-format", "epoch_ms"), time="epoch_ms"),
         windrow=(*OPEN_CLOSE, "--time-format", "epoch_ms"), goals=(faster(5, FASTEST),)),
    Case("offset", Data("offset", 45_000_000, ("--time-format", "offset"), time="offset"),
         goals=(faster(5, FASTEST),)),
    Case("small", Data("small", 100_000, scales=False), goals=(within(60),)),
    Case("shuffled",
         Data("shuffled", 50_000_000, ("--order", "shuffled", "--span", "366d", "--key", "action=1000")),
         shape="long", windrow=("--key", "action", "--fill", "none"), goals=(faster(3, FASTEST), peak(1_000))),
    Case("files", Data("files", 65_600_000, files=2_000)),
    Case("cold", NARROW, cold=True),
    # `unpack` is the decompressor by itself.
    Case("gzip", Data("gzip", 20_000_000, GZIP, ending=".csv.gz"), engines=PACKED,
         goals=(faster(2, FASTEST), faster(1 / 1.1, "unpack"), peak(150))),
    Case("gzip-files", Data("gzip-files", 20_000_000, GZIP, files=200, ending=".csv.gz"),
         engines=("windrow", "windrow-1thread", "duckdb", "polars"),
         goals=(faster(2, FASTEST), faster(1.8, "windrow-1thread"))),
    Case("json", Data("json", 20_000_000, ending=".json", rewritten=json_rows.narrow), engines=IN_PROCESS,
         goals=(faster(8, FASTEST), peak(200))),
    Case("json-wide", Data("json-wide", 4_000_000, ending=".json", rewritten=json_rows.wide), engines=IN_PROCESS,
         goals=(faster(8, FASTEST), peak(200))),
    # Sorted, in few rows a pane: all times are looked at. Then whole pages in one pane, whose times are not.
    Case("parquet", Data("parquet", 50_000_000, (*PARQUET, "--span", "366d"), ending=".parquet", time="parquet"),
         engines=("windrow", "duckdb", "polars"), goals=(faster(3, FASTEST), peak(300))),
    Case("parquet-panes", Data("parquet-panes", 50_000_000, (*PARQUET, "--span", "6h"), ending=".parquet", time="parquet"),
         engines=("windrow", "duckdb", "polars"), goals=(faster(6, FASTEST), peak(300))),
    # Each peer has its own way to a quantile, so only the counts are compared.
    Case("measure-sum", MEASURED, shape="sum", windrow=(*ACTIONS, "--measure", "sum(bytes),mean(bytes)"),
         engines=("windrow", "duckdb", "polars"), goals=(faster(6, FASTEST),)),
    Case("measure-p95", MEASURED, shape="p95", windrow=(*ACTIONS, "--measure", "p95(bytes)"),
         engines=("windrow", "duckdb", "polars"), goals=(faster(6, FASTEST),)),
    # Filters by one of twelve columns; the key is another one.
    Case("where", WIDE, shape="long", windrow=(*ACTIONS, "--where", "status = '500'"), where="status=500",
         engines=("windrow", "duckdb", "polars"), goals=(faster(4, FASTEST),)),
    Case("look-up", JOINED, shape="joined", joined=True,
         windrow=("--key", "country", "--fill", "none", "--measure", "sum(bytes)"),
         engines=("windrow", "duckdb", "polars"), goals=(faster(4, FASTEST),)),
    Case("stdin", NARROW, engines=("windrow", "windrow-file"), stdin="file",
         goals=(faster(1 / 1.3, "windrow-file"), peak(150))),
    # The engine `cat` measures the pipe alone: it reads what another `cat` writes, and counts nothing.
    Case("pipe", NARROW, engines=("windrow", "cat"), stdin="pipe", goals=(faster(1, "cat"), peak(150))),
    # GoAccess counts hits by tenth of an hour of the day and by status, which is less; its answer is not compared.
    Case("combined",
         Data("combined", 20_000_000, ("--format", "combined", "--key", "status=200:16,302:2,404:1,500:1"),
              time="common_log", ending=".log"),
         shape="long", windrow=("--key", "status", "--fill", "none"),
         engines=("windrow", "duckdb", "polars", "goaccess"),
         goals=(faster(10, "duckdb"), faster(1, "goaccess"), faster(1, "polars"), peak(200))),
)
