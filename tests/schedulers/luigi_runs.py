#!/usr/bin/env python3
"""Runs windrow by Luigi's local scheduler: deploy/luigi, failing and retried runs."""

import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "deploy" / "luigi")]
import luigi  # noqa: E402
import place  # noqa: E402
import windrow_counts as example  # noqa: E402

from windrow import _errors  # noqa: E402
from windrow.luigi import LedgerTarget, WindrowRun  # noqa: E402

Code = luigi.LuigiStatusCode


def build(*tasks):
    return luigi.build(tasks, local_scheduler=True, detailed_summary=True, log_level="CRITICAL").status


class Mended(WindrowRun):
    """A run whose storage is mended between two tries."""

    tries = []

    def before_retry(self, error):
        self.tries.append(error.exit_code)
        os.unlink(Path(self.job).with_name("out"))


def test_the_example_is_made_and_is_complete_until_a_log_arrives(here):
    target = LedgerTarget(here.job)
    assert not target.exists()
    assert build(example.Busiest(job=str(here.job))) == Code.SUCCESS
    assert target.exists() and (here.folder / "busiest-1.txt").read_text() == "2024-01-31T09:00:00Z 1\n"
    # Nothing is left to do: nothing is run.
    runs = len(_runs(here))
    assert build(WindrowRun(job=str(here.job))) == Code.SUCCESS and len(_runs(here)) == runs
    here.log("tuesday.csv", "09:02:00Z,Open")
    assert not target.exists()
    assert build(example.Busiest(job=str(here.job))) == Code.SUCCESS
    assert target.exists() and (here.folder / "busiest-2.txt").read_text() == "2024-01-31T09:00:00Z 2\n"


def test_a_refused_file_fails_the_task_at_once_and_each_time(here):
    here.log("broken.csv", "09:02:00Z,Open", "yesterday,Open")
    failures = []
    WindrowRun.event_handler(luigi.Event.FAILURE)(lambda task, error: failures.append(error))
    for _ in range(2):
        assert build(WindrowRun(job=str(here.job), retry_wait_s=0)) == Code.FAILED
        assert not LedgerTarget(here.job).exists()
    assert [error.exit_code for error in failures] == [3, 3], failures
    # The other file is published all the same.
    assert failures[0].summary["rows"]["counted"] == 3 and len(_runs(here)) == 2


def test_a_run_is_tried_again_after_exit_code_4_alone(here):
    here.break_storage()
    Mended.tries.clear()
    assert build(Mended(job=str(here.job), retry_wait_s=0)) == Code.SUCCESS
    assert Mended.tries == [4] and LedgerTarget(here.job).exists()


def test_tries_come_to_an_end(here):
    here.break_storage()
    failures = []
    WindrowRun.event_handler(luigi.Event.FAILURE)(lambda task, error: failures.append(error))
    assert build(WindrowRun(job=str(here.job), retries=1, retry_wait_s=0)) == Code.FAILED
    assert isinstance(failures[-1], _errors.StorageError)


def _runs(here):
    import windrow

    return windrow.show(here.job, "runs").to_dicts()


if __name__ == "__main__":
    place.main("luigi", globals())
