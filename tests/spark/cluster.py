#!/usr/bin/env python3
"""A real Spark cluster on this machine: a standalone master, its workers, and a Spark Connect server that drives it.

  python tests/spark/cluster.py                                run until Ctrl-C; the address is printed
  python tests/spark/cluster.py --workers 3 --conf k=v         more workers, a setting of Spark
  python tests/spark/cluster.py -- COMMAND ARGUMENTS...        run a command with it, end with the command's code

The command finds the address in WINDROW_TEST_SPARK, the page of the master in WINDROW_TEST_SPARK_MASTER, and the folder
with the logs in WINDROW_TEST_SPARK_LOGS. It needs Java 17 or later (JAVA_HOME or PATH) and runs by a Python that has
PySpark 4.3. Everything listens on 127.0.0.1 only, on free ports; logs and work files lie in a folder of their own, which is
removed. In a program:

  with Cluster(workers=2, conf={"spark.sql.shuffle.partitions": "8"}) as cluster:
      cluster.address                     # sc://127.0.0.1:PORT
      cluster.workers[0].kill()           # with its executors
      cluster.connect.kill(); cluster.connect.restart()       # the same port
"""

import argparse
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from daemon import Daemon, Failed, end_by_exception, signals_wait, wait_for  # noqa: E402

HOST = "127.0.0.1"
START_S = 180
# What the tests of streams that end need: by default a stream lives for minutes or a gigabyte, and no test sees its end.
SHORT_STREAMS = {
    "spark.connect.execute.reattachable.senderMaxStreamDuration": "1s",
    "spark.connect.execute.reattachable.senderMaxStreamSize": "64k",
}
# Java that starts soon and takes little memory, and leaves no file of its counters in /tmp. Half of a start is compiling:
# the master and the workers never work enough to get it back, and tests do not either.
SOON = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
FAST = "-XX:-UsePerfData"
# The master's REST server has a fixed port, which another cluster may have.
MASTER_OPTIONS = "-Dspark.master.rest.enabled=false"


class Cluster:
    """`conf` are settings of the Connect server's driver and go before all others; `memory` is that of each executor and of
    the driver, in MB; clients must show the `token`, if there is one; `full_speed` starts later and computes faster, as a
    cluster does that is measured."""

    def __init__(self, workers=2, conf=None, cores=1, memory=1024, token=None, full_speed=False, keep_logs=False):
        self._count, self._cores, self._memory, self._keep = workers, cores, memory, keep_logs
        self._conf = {**SHORT_STREAMS, **(conf or {})}
        self._token, self._java = token, FAST if full_speed else SOON
        self.master, self.workers, self.connect, self.folder = None, [], None, None
        self._daemons = []

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            # Half a cluster is stopped too, whatever the start ends with.
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def address(self):
        """What `--engine` takes, without the token."""
        return f"sc://{HOST}:{self.connect.port}"

    def _start(self):
        deadline = time.monotonic() + START_S
        with signals_wait():
            self.folder = Path(tempfile.mkdtemp(prefix="windrow-spark-"))
        self._home = spark_home()
        self.environment = environment(self._home, self.folder)
        self.master = self._daemon("master", "Master", "--host", HOST, "--port", "0", "--webui-port", "0")
        self.master_url = self.master.wait_for_line(r"Starting Spark master at (spark://\S+)", deadline)[1]
        self.master_page = self.master.wait_for_line(r"MasterWebUI to \S+?, and started at (http://\S+)", deadline)[1]
        # The workers and the driver start side by side: the driver asks for executors when it is up, whoever is there then.
        self.workers = [Worker(self, number) for number in range(self._count)]
        self.connect = Connect(self)
        self.connect.wait(deadline)
        waited = [self.master, self.connect.daemon, *(worker.daemon for worker in self.workers)]
        wait_for(lambda: self.state()["aliveworkers"] == self._count, deadline, f"{self._count} workers", *waited)
        self.wait_for_executors(self._count, deadline)

    def _daemon(self, name, kind, *arguments):
        main = f"org.apache.spark.deploy.{kind.lower()}.{kind}"
        return self._spawn(name, [self._home / "bin" / "spark-class", main, *arguments])

    def _spawn(self, name, command, secrets=()):
        with signals_wait():
            daemon = Daemon(name, command, {**self.environment, **dict(secrets)}, self.folder)
            self._daemons.append(daemon)
        return daemon

    def state(self):
        """What the master says of its workers and applications."""
        return asked(f"{self.master_page}/json/")

    def wait_for_executors(self, count, deadline):
        """Waits until that many executors have reported to the Connect server's driver, from its start on."""
        wait_for(lambda: self.connect.executors_seen() >= count, deadline, f"{count} executors", self.connect.daemon)

    def stop(self):
        """Ends every process and removes the folder. Nothing in it is worth a slower end."""
        # A signal during the end, the second Ctrl-C, would leave the rest running.
        with signals_wait():
            self._stop()

    def _stop(self):
        for daemon in self._daemons:
            daemon.kill()
        if self.folder and not self._keep:
            # Executors die by the same signal, but nobody is told when: a last file may still appear.
            for _ in range(100):
                shutil.rmtree(self.folder, ignore_errors=True)
                if not self.folder.exists():
                    break
                time.sleep(0.01)
        self._daemons, self.workers, self.connect, self.master = [], [], None, None


class Worker:
    def __init__(self, cluster, number):
        self._cluster, self._name = cluster, f"worker-{number + 1}"
        self.restart()

    def restart(self):
        """Starts it, again after a `kill`: as another worker, as far as the master knows."""
        of = self._cluster
        self.daemon = of._daemon(
            self._name, "Worker", "--host", HOST, "--port", "0", "--webui-port", "0", "--cores", of._cores,
            "--memory", f"{of._memory}m", "--work-dir", of.folder / self._name, of.master_url,
        )

    @property
    def pid(self):
        return self.daemon.pid

    def executors(self):
        """The process numbers of its executors."""
        children = self.daemon.children()
        return [pid for pid, command in children.items() if "CoarseGrainedExecutorBackend" in command]

    def kill(self):
        """Ends it and its executors as a machine that loses its power does."""
        self.daemon.kill()


class Connect:
    """The Spark Connect server; its driver is the application of the master."""

    def __init__(self, cluster):
        self._cluster, self.port = cluster, 0
        self._launch()

    def _launch(self):
        of = self._cluster
        conf = {
            "spark.connect.grpc.binding.address": HOST,
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.driver.bindAddress": HOST,
            "spark.driver.host": HOST,
            # Spark takes it from SPARK_DAEMON_MEMORY for a server: below.
            "spark.driver.memory": f"{of._memory}m",
            "spark.driver.extraJavaOptions": f"{of._java} -Djava.io.tmpdir={of.folder}",
            "spark.executorEnv.SPARK_LOCAL_IP": HOST,
            "spark.executor.memory": f"{of._memory}m",
            "spark.executor.extraJavaOptions": of._java,
            "spark.ui.enabled": "false",
            "spark.sql.warehouse.dir": str(of.folder / "warehouse"),
            "spark.sql.catalogImplementation": "in-memory",
            **of._conf,
        }
        # By the environment, as a command line can be read by everyone on the machine.
        secret = {"SPARK_CONNECT_AUTHENTICATE_TOKEN": of._token} if of._token else {}
        settings = [part for key, value in conf.items() for part in ("--conf", f"{key}={value}")]
        main = ("--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "spark-internal")
        submit = (of._home / "bin" / "spark-submit", "--master", of.master_url, "--name", "windrow tests")
        self.daemon = of._spawn("connect", [*submit, *settings, *main], {**secret, "SPARK_DAEMON_MEMORY": f"{of._memory}m"})

    def wait(self, deadline):
        self.port = int(self.daemon.wait_for_line(r"Spark Connect server started at: \S*?:(\d+)", deadline)[1])

    @property
    def pid(self):
        return self.daemon.pid

    def executors_seen(self):
        return self.daemon.count(r"Registered executor ")

    def kill(self):
        self.daemon.kill()

    def restart(self):
        """Starts it again on the same port, and returns when it answers."""
        if self.daemon.alive:
            self.daemon.kill()
        self._launch()
        self.wait(time.monotonic() + START_S)


def spark_home():
    """The folder of PySpark, which is a whole Spark."""
    found = importlib.util.find_spec("pyspark")
    if not found:
        raise Failed(f"{sys.executable} has no PySpark: pip install -r tests/spark/requirements.txt")
    return Path(found.origin).parent


def environment(home, folder):
    """The caller's, without its settings of Spark: what a cluster of a test does depends on this file alone."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("SPARK_", "PYSPARK_"))}
    (folder / "conf").mkdir()
    return {
        **kept, "SPARK_HOME": str(home), "SPARK_CONF_DIR": str(folder / "conf"), "SPARK_LOCAL_IP": HOST,
        "SPARK_PUBLIC_DNS": HOST, "SPARK_LOCAL_DIRS": str(folder / "local"), "SPARK_MASTER_OPTS": MASTER_OPTIONS,
        "SPARK_DAEMON_JAVA_OPTS": f"{SOON} -Djava.io.tmpdir={folder}", "SPARK_DAEMON_MEMORY": "512m",
        "SPARK_LAUNCHER_OPTS": SOON, "PYSPARK_PYTHON": sys.executable,
    }


def asked(url):
    # Past any proxy of the environment: it is this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=10) as answer:
        return json.load(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--workers", type=int, default=2, help="how many (default 2)")
    add("--cores", type=int, default=1, help="of each worker (default 1)")
    add("--memory", type=int, default=1024, help="MB of each executor and of the driver (default 1024)")
    add("--conf", action="append", default=[], metavar="KEY=VALUE", help="a setting of Spark; can be repeated")
    add("--full-speed", action="store_true", help="starts later, computes faster")
    add("--token-from", metavar="NAME", help="clients must show the token that this environment variable holds")
    add("--keep-logs", action="store_true", help="leave the folder with the logs and say where it is")
    add("command", nargs=argparse.REMAINDER, help="what to run, after --")
    options = parser.parse_args()
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    if wrong := [pair for pair in options.conf if "=" not in pair]:
        parser.error(f"--conf {wrong[0]}: KEY=VALUE is wanted")
    token = os.environ.get(options.token_from) if options.token_from else None
    if options.token_from and not token:
        parser.error(f"--token-from: the variable {options.token_from} is not set")
    end_by_exception()
    conf = dict(pair.split("=", 1) for pair in options.conf)
    began = time.monotonic()
    try:
        asked_for = Cluster(
            options.workers, conf, options.cores, options.memory, token, options.full_speed, options.keep_logs
        )
        with asked_for as cluster:
            say(f"Spark is up after {time.monotonic() - began:.1f} s: {cluster.address}, {options.workers} workers")
            if options.keep_logs:
                say(f"its logs: {cluster.folder}")
            return run(command, cluster) if command else until_interrupted(cluster)
    except Failed as failed:
        say(f"Spark did not start: {failed}")
        return 4


def run(command, cluster):
    """Runs the command and returns its code; it is told to end when this is told to."""
    address = {
        "WINDROW_TEST_SPARK": cluster.address, "WINDROW_TEST_SPARK_MASTER": cluster.master_page,
        "WINDROW_TEST_SPARK_LOGS": str(cluster.folder),
    }
    process = None
    try:
        with signals_wait():
            process = subprocess.Popen(command, env={**os.environ, **address})
        code = process.wait()
    finally:
        if process and process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    return code if code >= 0 else 128 - code


def until_interrupted(cluster):
    print(cluster.address, flush=True)
    say("Ctrl-C stops it")
    signal.pause()


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
