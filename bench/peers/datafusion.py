"""The job in DataFusion: an external table with a schema and one COPY."""
import argparse
import glob

from datafusion import SessionConfig, SessionContext

args = argparse.ArgumentParser()
for name in ("--input", "--output", "--shape", "--time", "--threads"):
    args.add_argument(name, required=True)
args = args.parse_args()

files = sorted(glob.glob(args.input))
is_json = files[0].endswith(".json")
with open(files[0], encoding="utf-8") as file:
    names = ["time", "action"] if is_json else file.readline().strip().split(",")
location = args.input if len(files) == 1 else args.input.removesuffix("*.csv")
time_type = "BIGINT" if args.time == "epoch_ms" else "TIMESTAMP(3)"
columns = ", ".join(f"{name} {time_type if name == 'time' else 'VARCHAR'}" for name in names)
newlines = "true" if "note" in names else "false"
context = SessionContext(SessionConfig().with_target_partitions(int(args.threads)))
options = "" if is_json else f"OPTIONS ('format.has_header' 'true', 'format.newlines_in_values' '{newlines}')"
stored = "JSON" if is_json else "CSV"
context.sql(f"CREATE EXTERNAL TABLE events ({columns}) STORED AS {stored} LOCATION '{location}' {options}")
instant = "to_timestamp_millis(time)" if args.time == "epoch_ms" else "time"
start = f"date_bin(INTERVAL '10 minutes', {instant})"
end = "window_start + INTERVAL '10 minutes' AS window_end"
query = {
    "wide": f"""
        SELECT window_start, {end}, open_count, close_count, (open_count + close_count) / 2.0 AS avg_actions
        FROM (SELECT {start} AS window_start, count(*) FILTER (WHERE action = 'Open') AS open_count,
                     count(*) FILTER (WHERE action = 'Close') AS close_count
              FROM events GROUP BY 1)
        ORDER BY window_start""",
    "long": f"""
        SELECT window_start, {end}, action, count
        FROM (SELECT {start} AS window_start, action, count(*) AS count FROM events GROUP BY 1, 2)
        ORDER BY window_start, action""",
}[args.shape]
copy = f"COPY ({query}) TO '{args.output}' STORED AS CSV OPTIONS ('format.has_header' 'true')"
context.sql(copy).collect()
