"""The job in PySpark through a session of Spark Connect: explicit schema, the session in UTC. With the schema `opened`, files are only
listed and opened, and their lines counted. One session for all rounds: for each line on stdin the job runs once and a line with its
seconds is printed; the rows are written after the clock has stopped."""
import argparse
import csv
import sys
import time

from pyspark.sql import SparkSession, functions as F

args = argparse.ArgumentParser()
for name in ("--address", "--input", "--output", "--schema"):
    args.add_argument(name, required=True)
args = args.parse_args()

spark = SparkSession.builder.remote(args.address).create()
spark.conf.set("spark.sql.session.timeZone", "UTC")


def answer():
    if args.schema == "opened":
        return [(spark.read.text(args.input).count(),)]
    if args.schema == "parquet":
        events = spark.read.parquet(args.input)
    elif args.schema.startswith("json:"):
        events = spark.read.json(args.input, schema=args.schema.removeprefix("json:"))
    else:
        events = spark.read.csv(args.input, header=True, schema=args.schema)
    return (
        events.withColumn("action", F.initcap(F.trim("action")))
        .groupBy(F.window("time", "10 minutes")).pivot("action", ["Open", "Close"]).count().na.fill(0).orderBy("window")
        .select(F.date_format("window.start", "yyyy-MM-dd'T'HH:mm:ss'Z'"), F.date_format("window.end", "yyyy-MM-dd'T'HH:mm:ss'Z'"),
                "Open", "Close", (F.col("Open") + F.col("Close")) / 2)
        .collect()
    )


for _ in sys.stdin:
    start = time.perf_counter()
    rows = answer()
    seconds = time.perf_counter() - start
    with open(args.output, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("window_start", "window_end", "open_count", "close_count", "avg_actions"))
        writer.writerows(rows)
    print(seconds, flush=True)
