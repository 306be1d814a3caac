"""A task for Luigi.

    luigi --module windrow.luigi WindrowRun --job /etc/windrow/job.toml --local-scheduler

The task is complete when the ledger of its job has nothing left to do. docs/schedule.md says more.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import luigi

from . import _errors
from ._behind import plan
from ._job import Job
from ._scheduled import Run, is_retried

_LOG = logging.getLogger("luigi-interface")


class LedgerTarget(luigi.Target):
    """The ledger of a job. It is there when every input that the job names counts, and every report shows it.

    A refused file, an input that is new or has changed, and a report that is behind all mean that it is not.
    """

    def __init__(self, job: str | os.PathLike[str]) -> None:
        self.job = os.fspath(job)

    def exists(self) -> bool:
        """Whether nothing is left to do. No event is read to tell."""
        try:
            planned = plan(self.job)
        except _errors.Error as error:
            # The run will say what is wrong, and may be tried again.
            _LOG.warning("%s", error)
            return False
        idle = planned["ledger_version"] is not None and not planned["will_stop"]
        published = all(report["windows"] == "none" for report in planned["reports"])
        return idle and published and planned["files_to_read"] == 0 and planned["files_refused"] == 0

    def report(self, name: str) -> Path:
        """The folder of a report's table, which is a Delta table."""
        output = Job.read(self.job).output
        if output is None:
            raise ValueError(f"{self.job} keeps no ledger: it has no [output]")
        return Path(output) / "reports" / name

    def __str__(self) -> str:
        return f"the ledger of {self.job}"


class WindrowRun(luigi.Task):
    """Runs a job. After exit code 4 (storage or the network failed, or another run was first) it tries again; every other code
    asks for a person and fails the task at once."""

    job = luigi.Parameter(description="the job file, which has an [output]")
    arguments = luigi.ListParameter(default=(), significant=False, description="more flags of `windrow run`")
    retries = luigi.IntParameter(default=3, significant=False, description="more tries after exit code 4")
    retry_wait_s = luigi.FloatParameter(default=60.0, significant=False, description="seconds before another try")

    @property
    def resources(self) -> dict[str, int]:
        """A scheduler starts no second run of the same job."""
        return {f"windrow {os.path.abspath(self.job)}": 1}

    def output(self) -> LedgerTarget:
        """The ledger of the job."""
        return LedgerTarget(self.job)

    def run(self) -> None:
        """Runs the job."""
        for left in range(self.retries, -1, -1):
            try:
                summary = Run(self.job, self.arguments, log=_LOG).finish()
                break
            except _errors.Error as error:
                if left == 0 or not is_retried(error):
                    raise
                _LOG.warning("%s\n%s more of %s tries, the next in %g s", error, left, self.retries + 1, self.retry_wait_s)
                self.before_retry(error)
                time.sleep(self.retry_wait_s)
        self.set_status_message(f"run {summary['run']}: {summary['outcome']}, ledger version {summary['ledger_version']}")

    def before_retry(self, error: _errors.Error) -> None:
        """What a subclass does before another try."""
