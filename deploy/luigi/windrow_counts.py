"""A task that counts, and one that needs the count.

    luigi --module windrow_counts Busiest --local-scheduler
"""

import os

import luigi

from windrow.luigi import WindrowRun

JOB = os.environ.get("WINDROW_JOB", "/etc/windrow/job.toml")


class Busiest(luigi.Task):
    """The busiest window of a report, beside its job."""

    job = luigi.Parameter(default=JOB)
    report = luigi.Parameter(default="actions")

    def requires(self):
        """The count."""
        return WindrowRun(job=self.job)

    def complete(self):
        """Luigi asks the last task first: it is not complete while a log waits to be counted."""
        return self.requires().complete() and super().complete()

    def output(self):
        """A file per version of the ledger."""
        import windrow

        version = windrow.plan(self.job)["ledger_version"]
        return luigi.LocalTarget(os.path.join(os.path.dirname(self.job), f"busiest-{version}.txt"))

    def run(self):
        """Asks the published report."""
        import windrow

        rows = windrow.show(self.job, "windows", report=self.report).to_dicts()
        top = max(rows, key=lambda row: row["count"])
        with self.output().open("w") as file:
            file.write(f"{top['window_start']} {top['count']}\n")
