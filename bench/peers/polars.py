"""The job in Polars: a lazy scan, the streaming engine, the time read with an exact format."""
import argparse
import glob
import gzip
import os

args = argparse.ArgumentParser()
for name in ("--input", "--output", "--shape", "--time", "--threads"):
    args.add_argument(name, required=True)
# --where column=value: only these rows count. --table: a table that is joined to the rows.
args.add_argument("--where")
args.add_argument("--table")
args = args.parse_args()
os.environ["POLARS_MAX_THREADS"] = args.threads
import polars as pl  # noqa: E402  (the thread pool is sized on import)

first = sorted(glob.glob(args.input))[0]
is_json = first.endswith(".json")
names = ["time", "action"]
if not is_json and args.time != "parquet":
    with (gzip.open if first.endswith(".gz") else open)(first, "rt", encoding="utf-8") as file:
        names = file.readline().strip().split(",")
schema = {name: pl.String for name in names}
if args.shape in ("sum", "p95", "joined"):
    schema["bytes"] = pl.Int64
if args.time == "epoch_ms":
    schema["time"] = pl.Int64
time = pl.col("time")
instant = {
    "iso": lambda: time.str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="ms"),
    "offset": lambda: time.str.to_datetime("%Y-%m-%dT%H:%M:%S%.3f%:z", time_unit="ms"),
    "epoch_ms": lambda: time.cast(pl.Datetime("ms")),
    "parquet": lambda: time,
    "common_log": lambda: time.str.to_datetime("%d/%b/%Y:%H:%M:%S %z", time_unit="ms", time_zone="UTC"),
}[args.time]()
if args.time == "parquet":
    rows = pl.scan_parquet(args.input)
elif args.time == "common_log":
    # A separator that no line has: one column is the line.
    pattern = r'^\S+ \S+ \S+ \[(?<time>[^\]]+)\] "[^"]*" (?<action>\d{3}) (?:\d+|-) "[^"]*" "[^"]*"'
    lines = pl.scan_csv(args.input, has_header=False, new_columns=["line"], separator="\x01", quote_char=None)
    rows = lines.select(pl.col("line").str.extract_groups(pattern)).unnest("line")
else:
    rows = (pl.scan_ndjson if is_json else pl.scan_csv)(args.input, schema=schema)
if args.where:
    column, _, value = args.where.partition("=")
    rows = rows.filter(pl.col(column) == value)
if args.table:
    users = pl.scan_csv(args.table, schema={"id": pl.String, "country": pl.String, "plan": pl.String})
    rows = rows.join(users, left_on="user", right_on="id")
what = {"sum": ("action", "bytes"), "p95": ("action", "bytes"), "joined": ("country", "bytes")}.get(args.shape, ("action",))
windows = rows.select(instant.dt.replace_time_zone(None).dt.truncate("10m").alias("window_start"), *what)
end = pl.col("window_start").dt.offset_by("10m").alias("window_end")
if args.shape == "wide":
    count = lambda value: (pl.col("action") == value).sum()
    report = (
        windows.group_by("window_start")
        .agg(open_count=count("Open"), close_count=count("Close"))
        .sort("window_start")
        .select("window_start", end, "open_count", "close_count",
                avg_actions=(pl.col("open_count") + pl.col("close_count")) / 2)
    )
elif args.shape in ("sum", "p95"):
    measures = {
        "sum": {"sum_bytes": pl.col("bytes").sum(), "mean_bytes": pl.col("bytes").mean()},
        "p95": {"p95_bytes": pl.col("bytes").quantile(0.95)},
    }[args.shape]
    report = (
        windows.group_by("window_start", "action").agg(pl.len().alias("count"), **measures)
        .sort("window_start", "action").select("window_start", end, "action", "count", *measures)
    )
elif args.shape == "joined":
    report = (
        windows.group_by("window_start", "country").agg(pl.len().alias("count"), pl.col("bytes").sum().alias("sum_bytes"))
        .sort("window_start", "country").select("window_start", end, "country", "count", "sum_bytes")
    )
else:
    report = (
        windows.group_by("window_start", "action").len("count").sort("window_start", "action")
        .select("window_start", end, "action", "count")
    )
report.sink_csv(args.output, datetime_format="%Y-%m-%dT%H:%M:%SZ", engine="streaming")
