#!/usr/bin/env python3
"""Materialises windrow's asset by Dagster: deploy/dagster, failing and retried runs."""

import os
import sys
from pathlib import Path
from unittest import mock

sys.dont_write_bytecode = True
os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
os.environ["WINDROW_RETRY_WAIT_S"] = "0"
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2] / "deploy" / "dagster")]
import dagster  # noqa: E402
import place  # noqa: E402

from windrow._scheduled import is_retried  # noqa: E402
from windrow.dagster import windrow_asset  # noqa: E402


QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def made(*assets, instance=None):
    """How it went, and the checks and the metadata of the asset of windrow."""
    result = dagster.materialize(assets, raise_on_error=False, instance=instance, run_config=QUIET)
    checks = {check.check_name: check.passed for check in result.get_asset_check_evaluations()}
    materialized = [event for event in result.get_asset_materialization_events() if event.asset_key.path == ["counts"]]
    metadata = [event.materialization.metadata for event in materialized]
    return result, checks, {name: value.value for name, value in metadata[0].items()} if metadata else None


def test_the_example_is_made_with_checks_and_metadata(here):
    os.environ["WINDROW_JOB"] = str(here.job)
    sys.modules.pop("windrow_counts", None)
    import windrow_counts as example

    assert example.definitions.resolve_job_def("__ASSET_JOB")
    result, checks, metadata = made(example.counts, example.busiest)
    assert result.success
    assert checks == {"rows_add_up": True, "no_file_refused": True, "rejects_within_limit": True}
    assert metadata["windrow/rows"]["counted"] == 3 and metadata["windrow/windows_changed"] == 2, metadata
    assert metadata["windrow/ledger_version"] == 1 and metadata["windrow/output"] == str(here.out)
    [busiest] = [event for event in result.get_asset_materialization_events() if event.asset_key.path == ["busiest"]]
    assert busiest.materialization.metadata["count"].value == 1


def test_rejects_over_the_limit_fail_a_check_alone(here):
    here.job.write_text(here.job.read_text().replace("rejects = 0", 'rejects = "90%"'))
    here.log("tuesday.csv", "09:02:00Z,Open", "yesterday,Open")
    result, checks, metadata = made(windrow_asset(here.job, name="counts"))
    assert result.success
    assert checks == {"rows_add_up": True, "no_file_refused": True, "rejects_within_limit": False}
    assert metadata["windrow/rows"] == {"read": 5, "counted": 4, "filtered": 0, "rejected": 1, "ignored": 0, "refused": 0}
    _, checks, _ = made(windrow_asset(here.job, name="counts", rejects=0.5))
    assert checks["rejects_within_limit"]


def test_a_refused_file_makes_the_asset_and_fails_the_run_at_once(here):
    here.log("broken.csv", "09:02:00Z,Open", "yesterday,Open")
    result, checks, metadata = made(windrow_asset(here.job, name="counts"))
    assert not result.success and not retries(result)
    assert checks["no_file_refused"] is False and checks["rows_add_up"] is True
    assert metadata["windrow/rows"]["counted"] == 3
    assert failure(result) == 3


def test_a_run_is_tried_again_after_exit_code_4_alone(here):
    here.break_storage()
    codes = []

    def mended(error):
        codes.append(error.exit_code)
        here.mend_storage()
        return is_retried(error)

    with mock.patch("windrow.dagster.is_retried", mended):
        result, checks, _ = made(windrow_asset(here.job, name="counts", retry_wait_s=0))
    assert result.success and len(retries(result)) == 1 and codes == [4], codes
    assert all(checks.values()) and len(checks) == 3


def test_tries_come_to_an_end_and_a_wrong_job_has_one(here):
    here.break_storage()
    result, _, metadata = made(windrow_asset(here.job, name="counts", retries=1, retry_wait_s=0))
    assert not result.success and len(retries(result)) == 1 and metadata is None
    asset = windrow_asset(here.job, name="counts")
    here.job.write_text(here.job.read_text().replace("rejects", "rejcts"))
    here.mend_storage()
    result, _, _ = made(asset)
    assert not result.success and not retries(result) and failure(result) == 2


def test_nothing_new_keeps_the_version_of_the_data(here):
    asset = windrow_asset(here.job, name="counts", key_prefix="doors")
    with dagster.DagsterInstance.ephemeral() as instance:
        versions = []
        for _ in range(2):
            result, _, _ = made(asset, instance=instance)
            [event] = result.get_asset_materialization_events()
            versions.append(event.materialization.tags["dagster/data_version"])
    assert versions == ["1", "1"], versions


def retries(result):
    return [event for event in result.all_events if event.event_type == dagster.DagsterEventType.STEP_UP_FOR_RETRY]


def failure(result):
    [event] = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data.user_failure_data.metadata["exit_code"].value


if __name__ == "__main__":
    place.main("dagster", globals())
