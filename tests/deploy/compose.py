"""compose.yaml, started as it is: JupyterLab, a Spark cluster, and a job and a notebook that are counted on it.

Where images cannot be pulled, Spark's is made from Debian's Java and the PySpark of the registry.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import engine

JOB = ("windrow", "run", "examples/job.toml", "--report", "daily", "--quiet")
NOTEBOOK = ("jupyter", "nbconvert", "--to", "notebook", "--execute", "--stdout", "--log-level", "ERROR", "notebooks/from-pyspark.ipynb")
# Each look is a program in the container: many of them would slow what they wait for.
SPARK, START_S, PAUSE_S = "windrow-test:spark", 240, 2
TEXT = f"""FROM {engine.DEBIAN}
RUN mkdir -p /usr/share/man/man1 && apt-get update && apt-get install -y --no-install-recommends openjdk-21-jre-headless && rm -rf /var/lib/apt/lists/*
COPY bin /opt/spark/bin
COPY jars /opt/spark/jars
"""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Project:
    """The services of compose.yaml under a name of this test; their containers are gone when it ends."""

    def __init__(self, place, lab):
        self.place, self.name = place, f"windrow-test-{os.getpid()}"
        self.program = ["docker", "compose"]
        self.environment = {**os.environ, "LAB_IMAGE": lab, "LAB_PORT": str(free_port())}
        if isinstance(place.engine, engine.Podman):
            pyspark = engine.quiet(place.spark, "-c", "import pyspark; print(pyspark.__path__[0])")
            place.engine.base(Path(pyspark), SPARK, TEXT)
            self.environment["SPARK_IMAGE"] = SPARK
            self.program = [Path(sys.executable).parent / "podman-compose"]

    def __enter__(self):
        try:
            engine.quiet(*self.command("up", "--detach", "--no-build"), cwd=engine.ROOT, env=self.environment)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        subprocess.run(self.command("down", "--volumes", "--timeout", "0"), cwd=engine.ROOT, env=self.environment, capture_output=True, check=False)

    def command(self, *arguments):
        return [str(part) for part in (*self.program, "--project-name", self.name, *arguments)]

    def containers(self, service):
        label = f"label=com.docker.compose.service={service}"
        return self.place.tell("ps", "--quiet", "--filter", f"label=com.docker.compose.project={self.name}", "--filter", label).split()

    def logs(self, service):
        done = [subprocess.run(self.place.engine.command("logs", one), capture_output=True, text=True, check=False) for one in self.containers(service)]
        return "".join(one.stdout + one.stderr for one in done)

    def is_healthy(self, service):
        # Podman without systemd asks for no health by itself.
        (one,) = self.containers(service)
        if isinstance(self.place.engine, engine.Podman):
            return subprocess.run(self.place.engine.command("healthcheck", "run", one), capture_output=True, check=False).returncode == 0
        return self.place.tell("inspect", "--format", "{{.State.Health.Status}}", one) == "healthy"


def counted_on_the_cluster(place, lab):
    """A job, counted by the executors of compose.yaml and by this machine, must have one answer."""
    with Project(place, lab) as project:
        for service in ("master", "connect", "lab"):
            try:
                engine.until(lambda service=service: project.is_healthy(service), f"the service {service} is healthy", START_S, PAUSE_S)
            except AssertionError as error:
                raise AssertionError(f"{error}\n{project.logs(service)}") from error
        # podman-compose starts one of the two.
        assert project.containers("worker")
        (one,) = project.containers("lab")
        here = place.tell("exec", one, *JOB)
        # A job waits for executors as long as none comes.
        there = engine.quiet(*place.engine.command("exec", one, *JOB, "--engine", "sc://connect:15002"), timeout=START_S)
        assert here == there and here.count("\n") == 8, there
        # PySpark's job beside windrow's: the last comparison is that of both engines.
        cells = json.loads(engine.quiet(*place.engine.command("exec", one, *NOTEBOOK), timeout=START_S))["cells"]
        said = ["".join(cell["outputs"][-1]["data"]["text/plain"]) for cell in cells if "digest" in "".join(cell["source"])]
        assert said == ["True"], said
        # Executors have done it, which the master started for the Connect server.
        assert "Registered executor" in project.logs("connect")
