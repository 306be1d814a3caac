"""What a run costs the cluster, counted and not timed: how often Spark reads a file, how many jobs it runs, and how much its tasks
send to each other, whatever is in the files. By Spark's event log."""

import json
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from cluster import Cluster
from daemon import wait_for
from program import answered, same

EVENTS = 40_000
JOB = (
    'name = "cost"\nversion = 1\n[source]\npath = "in"\ntime = "time"\nkeys = ["action"]\n[limits]\nrejects = "100%"\n'
    '[reports.r]\nevery = "1h"\n[engine.spark.conf]\n"spark.sql.files.maxPartitionBytes" = {part}\n"spark.sql.files.openCostInBytes" = 0\n'
)
# What is shuffled is counts and the places of odd lines, never lines: some hundred bytes for each part of a file.
SHUFFLED_MAX = 1 << 20


def test_every_file_is_read_once_whatever_is_in_it(place):
    clean = [f"2016-07-28T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z,{'Open' if at % 3 else 'Close'}" for at in range(EVENTS)]
    half = EVENTS // 2
    logs = {
        "clean": clean,
        "one reject": [*clean[:half], "yesterday,Open", *clean[half:]],
        "rejects everywhere": [line if at % 100 else "yesterday,Open" for at, line in enumerate(clean)],
        "an open quote": [*clean[:half], '2016-07-28T01:00:00Z,"Op', 'en"', *clean[half:]],
        "a quote that is never closed": [*clean[:half], '2016-07-28T01:00:00Z,"Open', *clean[half:]],
        "all quoted": [f'"{line.replace(",", chr(34) + "," + chr(34))}"' for line in clean],
    }
    with told() as (cluster, costs):
        for name, lines in logs.items():
            cost = costs(place, cluster, {"a.csv": "time,action\n" + "\n".join(lines) + "\n"})
            assert cost["scans"] == 1, f"{name}: Spark reads the file {cost['scans']} times"
            assert cost["shuffled"] < SHUFFLED_MAX, f"{name}: {cost['shuffled']} bytes are shuffled"


def test_other_headers_are_no_other_jobs(place):
    def files(headers):
        for number in range(20):
            kind = number % headers
            rows = "".join(f"2016-07-28T04:{at % 60:02}:00Z,x,{at % 3}\n" for at in range(50)) + "soon,x,1\n"
            yield f"{number:02}.csv", f"time,c{kind},action\n{rows}"

    with told() as (cluster, costs):
        one, many = (costs(place, cluster, dict(files(headers))) for headers in (1, 20))
        # Other headers are sent as a table, which counts as a query.
        assert many["queries"] <= one["queries"] + 1, f"{one['queries']} queries for one header, {many['queries']} for many"
        assert many["jobs"] <= one["jobs"] + 1, f"{one['jobs']} jobs for one header, {many['jobs']} for many"


@contextmanager
def told():
    """A cluster that tells what its tasks do, and what counts the cost of a run on it of files by their names."""
    settings = {"enabled": "true", "compress": "false", "rolling.enabled": "false"}
    with tempfile.TemporaryDirectory(prefix="windrow-spark-events-") as folder:
        settings["dir"] = f"file://{folder}"
        with Cluster(workers=1, conf={f"spark.eventLog.{key}": value for key, value in settings.items()}) as cluster:
            log, read = next(Path(folder).iterdir()), [0]

            def costs(place, cluster, files):
                inputs = place.folder / "in"
                inputs.mkdir(exist_ok=True)
                for file in inputs.iterdir():
                    file.unlink()
                for name, text in files.items():
                    (inputs / name).write_text(text)
                size = sum(len(text.encode()) for text in files.values())
                (place.folder / "job.toml").write_text(JOB.replace("{part}", str(max(size // 4, 1000))))
                embedded, spark = (answered(place, "job.toml", engine) for engine in ("embedded", cluster.address))
                same(embedded, spark)
                return counted(log, read, size)

            yield cluster, costs


def counted(log, read, size):
    """What the log has told since `read`, once all jobs are over."""
    def over():
        events = [json.loads(line) for line in log.read_text().splitlines()[read[0]:]]
        kinds = [event["Event"].rpartition(".")[2] for event in events]
        return events if kinds.count("SparkListenerJobStart") == kinds.count("SparkListenerJobEnd") > 0 else None

    events = []
    wait_for(lambda: events.extend(over() or []) or events, time.monotonic() + 60, "the end of all jobs in the event log")
    read[0] += len(events)
    tasks = [event.get("Task Metrics") or {} for event in events if event["Event"] == "SparkListenerTaskEnd"]
    total = lambda group, name: sum(task.get(group, {}).get(name, 0) for task in tasks)
    kinds = [event["Event"].rpartition(".")[2] for event in events]
    return {
        # A part of a file is read to the end of its last line, and the buffer behind it.
        "scans": round(total("Input Metrics", "Bytes Read") / size), "shuffled": total("Shuffle Write Metrics", "Shuffle Bytes Written"),
        "jobs": kinds.count("SparkListenerJobStart"), "queries": kinds.count("SparkListenerSQLExecutionStart"),
    }
