"""The job in ClickHouse, embedded: one query over the file function, explicit types."""
import argparse
import glob

import chdb

args = argparse.ArgumentParser()
for name in ("--input", "--output", "--shape", "--time", "--threads"):
    args.add_argument(name, required=True)
args = args.parse_args()

first = sorted(glob.glob(args.input))[0]
is_json = first.endswith(".json")
with open(first, encoding="utf-8") as file:
    names = ["time", "action"] if is_json else file.readline().strip().split(",")
time_type = "Int64" if args.time == "epoch_ms" else "DateTime64(3, \\'UTC\\')"
types = {"time": time_type, "action": "LowCardinality(String)"}
structure = ", ".join(f"{name} {types.get(name, 'String')}" for name in names)
instant = "fromUnixTimestamp64Milli(time, 'UTC')" if args.time == "epoch_ms" else "time"
start = f"toStartOfInterval({instant}, INTERVAL 10 MINUTE) AS window_start"
end = "window_start + INTERVAL 10 MINUTE AS window_end"
source = f"file('{args.input}', {'JSONEachRow' if is_json else 'CSVWithNames'}, '{structure}')"
query = {
    "wide": f"""
        SELECT {start}, {end}, countIf(action = 'Open') AS open_count, countIf(action = 'Close') AS close_count,
               (open_count + close_count) / 2 AS avg_actions
        FROM {source} GROUP BY window_start ORDER BY window_start""",
    "long": f"""
        SELECT {start}, {end}, action, count() AS count
        FROM {source} GROUP BY window_start, action ORDER BY window_start, action""",
}[args.shape]
settings = f"max_threads = {args.threads}, date_time_input_format = 'best_effort', date_time_output_format = 'iso'"
chdb.query(f"{query} INTO OUTFILE '{args.output}' TRUNCATE FORMAT CSVWithNames SETTINGS {settings}")
