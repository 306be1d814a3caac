"""The job in Spark: local mode, explicit schema, the session in UTC. The output is a folder, as Spark writes it."""
import argparse
import glob
import os

from pyspark import SparkContext
from pyspark.sql import SparkSession, functions as F

args = argparse.ArgumentParser()
for name in ("--input", "--output", "--shape", "--time", "--threads"):
    args.add_argument(name, required=True)
args = args.parse_args()

with open(sorted(glob.glob(args.input))[0], encoding="utf-8") as file:
    names = file.readline().strip().split(",")
memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
spark = (
    SparkSession.builder.master(f"local[{args.threads}]")
    .config("spark.driver.memory", f"{memory_bytes // 2 >> 20}m")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", 8 * int(args.threads))
    .config("spark.ui.enabled", "false")
    .config("spark.ui.showConsoleProgress", "false")
    .config("spark.log.level", "ERROR")
    .getOrCreate()
)
schema = ", ".join(
    f"{name} {('LONG' if args.time == 'epoch_ms' else 'TIMESTAMP') if name == 'time' else 'STRING'}"
    for name in names
)
events = spark.read.csv(args.input, header=True, schema=schema, multiLine="note" in names, escape='"')
if args.time == "epoch_ms":
    events = events.withColumn("time", F.timestamp_millis("time"))
windows = events.groupBy(F.window("time", "10 minutes"), *([] if args.shape == "wide" else ["action"]))
bounds = [F.col("window.start").alias("window_start"), F.col("window.end").alias("window_end")]
if args.shape == "wide":
    report = (
        windows.pivot("action", ["Open", "Close"]).count().na.fill(0).orderBy("window")
        .select(*bounds, F.col("Open").alias("open_count"), F.col("Close").alias("close_count"),
                ((F.col("Open") + F.col("Close")) / 2).alias("avg_actions"))
    )
else:
    report = windows.count().orderBy("window", "action").select(*bounds, "action", "count")
report.write.csv(args.output, header=True, mode="overwrite", timestampFormat="yyyy-MM-dd'T'HH:mm:ss'Z'")

# The Java process is part of the whole: without the wait its memory would not be measured.
java = SparkContext._gateway.proc
spark.stop()
java.stdin.close()
java.wait()
