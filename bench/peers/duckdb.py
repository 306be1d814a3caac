"""The job in DuckDB: one COPY, explicit types, nothing sniffed."""
import argparse
import glob
import gzip

import duckdb

args = argparse.ArgumentParser()
for name in ("--input", "--output", "--shape", "--time", "--threads"):
    args.add_argument(name, required=True)
# --where column=value: only these rows count. --table: a table that is joined to the rows.
args.add_argument("--where")
args.add_argument("--table")
args = args.parse_args()

IS_LOG = args.time == "common_log"
IS_PARQUET = args.time == "parquet"
first = sorted(glob.glob(args.input))[0]
is_json = first.endswith(".json")
names = ["time", "action"]
if not (is_json or IS_PARQUET):
    with (gzip.open if first.endswith(".gz") else open)(first, "rt", encoding="utf-8") as file:
        names = file.readline().strip().split(",")
time_type = {"iso": "TIMESTAMP", "offset": "TIMESTAMPTZ", "epoch_ms": "BIGINT"}.get(args.time)
instant = {
    "iso": "time",
    "offset": "make_timestamp(epoch_us(time))",
    "epoch_ms": "make_timestamp(time * 1000)",
    "parquet": "time",
}.get(args.time)
columns = {name: {"time": time_type, "bytes": "BIGINT"}.get(name, "VARCHAR") for name in names}
source = (
    f"read_json('{args.input}', format = 'newline_delimited', columns = {columns})" if is_json else
    f"""read_csv('{args.input}', auto_detect = false, header = true, delim = ',', quote = '"', escape = '"',
                  columns = {columns})"""
)
if IS_PARQUET:
    source = f"read_parquet('{args.input}')"
what = {"sum": "action, bytes", "p95": "action, bytes", "joined": "country, bytes"}.get(args.shape, "action")
if args.table:
    # DuckDB detects from a sample which side of the join is small; without detection the join takes twice as long.
    source = source.replace("auto_detect = false, ", "")
    users = f"read_csv('{args.table}')"
    source = f"{source} AS events JOIN {users} AS users ON events.user = users.id"
if args.where:
    column, _, value = args.where.partition("=")
    source = f"{source} WHERE {column} = '{value}'"
events = f"SELECT time_bucket(INTERVAL 10 MINUTES, {instant}) AS window_start, {what} FROM {source}"
if IS_LOG:
    # A delimiter that no line has: one column is the line.
    pattern = r'^\S+ \S+ \S+ \[([^\]]+)\] "[^"]*" (\d{3}) (?:\d+|-) "[^"]*" "[^"]*"'
    events = f"""
    SELECT time_bucket(INTERVAL 10 MINUTES, strptime(found.time, '%d/%b/%Y:%H:%M:%S %z')::TIMESTAMP) AS window_start,
           found.status AS action
    FROM (SELECT regexp_extract(line, '{pattern}', ['time', 'status']) AS found
          FROM read_csv('{args.input}', auto_detect = false, header = false, delim = '\x01', quote = '', escape = '',
                        columns = {{'line': 'VARCHAR'}}))
    WHERE found.status != ''"""
end = "window_start + INTERVAL 10 MINUTES AS window_end"
query = {
    "wide": f"""
        SELECT window_start, {end}, open_count, close_count, (open_count + close_count) / 2 AS avg_actions
        FROM (SELECT window_start, count(*) FILTER (action = 'Open') AS open_count,
                     count(*) FILTER (action = 'Close') AS close_count
              FROM ({events}) GROUP BY window_start)
        ORDER BY window_start""",
    "sum": f"""
        SELECT window_start, {end}, action, count(*) AS count, sum(bytes)::BIGINT AS sum_bytes, avg(bytes) AS mean_bytes
        FROM ({events}) GROUP BY window_start, action ORDER BY window_start, action""",
    "p95": f"""
        SELECT window_start, {end}, action, count(*) AS count, approx_quantile(bytes, 0.95) AS p95_bytes
        FROM ({events}) GROUP BY window_start, action ORDER BY window_start, action""",
    "joined": f"""
        SELECT window_start, {end}, country, count(*) AS count, sum(bytes)::BIGINT AS sum_bytes
        FROM ({events}) GROUP BY window_start, country ORDER BY window_start, country""",
    "long": f"""
        SELECT window_start, {end}, action, count(*) AS count
        FROM ({events}) GROUP BY window_start, action ORDER BY window_start, action""",
}[args.shape]
connection = duckdb.connect(config={"threads": int(args.threads)})
connection.execute("SET TimeZone = 'UTC'")
connection.execute(f"COPY ({query}) TO '{args.output}' (HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%SZ')")
