"""What can break between windrow and Spark, or in Spark, breaks: the answer is right or there is none, and what is said is
clear. Each test waits until the run is in the middle of its work, as the logs of the cluster tell it."""

import re
import signal
import time

from cluster import Cluster
from daemon import wait_for
from program import answered, ended, same, started, windrow
from proxy import Proxy

JOB = """name = "long"
version = 1
[source]
path = "log.csv"
time = "time"
keys = ["action"]
[reports.seconds]
every = "1s"
fill = "none"
[engine.spark.conf]
"spark.sql.files.openCostInBytes" = 0
"spark.sql.files.maxPartitionBytes" = 32768
"spark.sql.shuffle.partitions" = 4
"""
LEDGER = '[output]\npath = "{}"\n'
# Some sixty tasks: whatever happens after the first few of them happens in the middle.
EVENTS = 60_000
TASKS_BEFORE = 5
# Until a run is in the middle, and until it is at its end.
MIDDLE_S, END_S = 120, 300
# The program gives a dead server up after 20 s.
DEATH_S = 30
# Windrow stops at once, tells Spark to stop, and waits a few seconds at most for an answer.
STOP_S = 15


def prepared(place):
    windrow(place, "generate", "--events", EVENTS, "--dirt", "0.2%", "--span", "12h", "-o", "log.csv").good()
    (place.folder / "job.toml").write_text(JOB)


class DriverLog:
    """What the driver says from now on of its tasks."""

    def __init__(self, folder):
        self.log = folder / "connect.log"
        self.start = self.log.stat().st_size

    def said(self):
        with self.log.open("rb") as log:
            log.seek(self.start)
            return log.read().decode(errors="replace")

    def numbers(self, pattern):
        return set(re.findall(pattern, self.said()))

    def finished(self):
        return self.numbers(r"Finished task \S+ in stage \S+ \(TID (\d+)\)")

    def begun(self):
        return self.numbers(r"Starting task \S+ in stage \S+ \(TID (\d+)")

    def stages(self):
        """How many tasks of each stage have ended, and how many it has."""
        ends = re.findall(r"Finished task \S+ in stage (\S+) \(TID \d+\).*\((\d+)/(\d+)\)", self.said())
        return {stage: (int(done), int(of)) for stage, done, of in ends}

    def wait_for_the_middle(self, process):
        def middle():
            assert process.poll() is None, f"the run ended too soon:\n{ended(process).said}"
            return len(self.finished()) >= TASKS_BEFORE

        wait_for(middle, time.monotonic() + MIDDLE_S, f"{TASKS_BEFORE} tasks of the run to end")


def test_a_worker_that_dies_costs_time_and_no_row(place):
    prepared(place)
    with Cluster(workers=2) as cluster:
        log = DriverLog(cluster.folder)
        outputs = ("rejects.csv", "answer.csv")
        process = started(place, "run", "job.toml", "--engine", cluster.address, "--rejects", outputs[0], "-o", outputs[1])
        log.wait_for_the_middle(process)
        cluster.workers[0].kill()
        before = len(log.finished())
        ended(process, END_S).good()
        assert re.search(r"Lost executor|Executor lost", log.said()), "the driver has not noticed"
        assert len(log.finished()) > before + TASKS_BEFORE, "the worker died too late to matter"
    spark = [(place.folder / name).read_text() for name in outputs]
    windrow(place, "run", "job.toml", "--engine", "embedded", "--rejects", outputs[0], "-o", outputs[1]).good()
    assert spark == [(place.folder / name).read_text() for name in outputs]


def test_a_server_that_dies_ends_the_run_and_the_next_run_is_right(place):
    prepared(place)
    for name in ("ledger", "whole"):
        (place.folder / f"{name}.toml").write_text(JOB.replace("[reports", LEDGER.format(f"out-{name}") + "[reports"))
    with Cluster(workers=1) as cluster:
        log = DriverLog(cluster.folder)
        process = started(place, "run", "ledger.toml", "--engine", cluster.address)
        log.wait_for_the_middle(process)
        cluster.connect.kill()
        end = ended(process, DEATH_S).good(4)
        assert "is lost" in end.said and "a retry is safe" in end.said, end.said
        assert not list(place.folder.glob("out-ledger/reports/**/*.parquet")), "half an answer is published"
        cluster.connect.restart()
        windrow(place, "run", "ledger.toml", "--engine", cluster.address, within_s=END_S).good()
    windrow(place, "run", "whole.toml", "--engine", "embedded").good()
    digests = {windrow(place, "digest", f"{name}.toml").good().out.split()[0] for name in ("ledger", "whole")}
    assert len(digests) == 1, digests


def test_a_connection_that_is_cut_is_taken_up_again(place):
    prepared(place)
    embedded = answered(place, "job.toml", "embedded")
    with Proxy(target(place)) as proxy:
        for size_bytes in (5_000, 20_000, 100_000, 400_000):
            cuts = proxy.cuts
            proxy.cut_after(size_bytes)
            spark = answered(place, "job.toml", proxy.address)
            assert proxy.cuts == cuts + 1, f"nothing was cut after {size_bytes} bytes"
            same(embedded, spark)


def test_a_connection_that_is_cut_again_and_again(place):
    prepared(place)
    embedded = answered(place, "job.toml", "embedded")
    rejects = place.folder / "rejects.csv"
    with Proxy(target(place)) as proxy:
        log = DriverLog(place.logs)
        process = started(place, "run", "job.toml", "--engine", proxy.address, "--rejects", rejects, "-o", "answer.csv")
        log.wait_for_the_middle(process)
        seen, deadline = 0, time.monotonic() + END_S
        # Each time as soon as there is another connection.
        while process.poll() is None and proxy.cuts < 10:
            wait_for(lambda: proxy.connections > seen or process.poll() is not None, deadline, "the next connection")
            seen = proxy.connections
            proxy.cut()
        ended(process, END_S).good()
        assert proxy.cuts >= 5, proxy.cuts
    assert (place.folder / "answer.csv").read_text() == embedded["answer"]
    assert rejects.read_text() == embedded["rejects"]


def test_ctrl_c_stops_the_query_on_the_cluster_and_publishes_nothing(place):
    prepared(place)
    (place.folder / "ledger.toml").write_text(JOB.replace("[reports", LEDGER.format("out") + "[reports"))
    for job, outputs in (("job.toml", ("-o", "answer.csv", "--rejects", "rejects.csv")), ("ledger.toml", ())):
        log = DriverLog(place.logs)
        process = started(place, "run", job, "--engine", place.address, *outputs)
        log.wait_for_the_middle(process)
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        ended(process, STOP_S).good(130)
        took = time.monotonic() - began
        assert took < STOP_S, took
        left = [file.name for file in place.folder.iterdir() if not file.name.endswith((".toml", "log.csv"))]
        assert left in ([], ["out"]), left
        assert not any(place.folder.glob("out/reports/**/*.parquet")), "a report is published"
        # Every task that was begun has an end, and most were never begun: no query runs on behind our back.
        deadline = time.monotonic() + MIDDLE_S
        wait_for(lambda: log.begun() <= ends_of(log), deadline, f"the tasks to end: {log.begun() - ends_of(log)}")
        done, of = max(log.stages().values(), key=lambda counted: counted[1])
        assert done < of / 2, f"{done} of {of} tasks have run"
    # Someone else's question is answered, and nothing of the stopped one goes on beside it.
    begun = log.begun()
    (place.folder / "small.csv").write_text("time,action\n2016-07-26T04:00:00Z,Open\n")
    windrow(place, "run", "job.toml", "small.csv", "--engine", place.address, "-o", "small-answer.csv").good()
    assert len(log.begun() - begun) < 20, "tasks of the stopped query were begun after it"


def ends_of(log):
    return log.finished() | log.numbers(r"Lost task \S+ in stage \S+ \(TID (\d+)\)")


def target(place):
    host, port = place.address.removeprefix("sc://").split(":")
    return host, int(port)
