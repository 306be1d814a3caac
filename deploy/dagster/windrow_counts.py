"""The counts of a job as an asset, made every ten minutes, and an asset that is made from them.

    dagster dev --python-file windrow_counts.py
"""

import os

import dagster

import windrow
from windrow.dagster import windrow_asset

JOB = os.environ.get("WINDROW_JOB", "/etc/windrow/job.toml")
counts = windrow_asset(JOB, name="counts", retry_wait_s=float(os.environ.get("WINDROW_RETRY_WAIT_S", "60")))


@dagster.asset(deps=[counts])
def busiest():
    """The busiest window of the first report."""
    top = max(windrow.show(JOB, "windows").to_dicts(), key=lambda row: row["count"])
    return dagster.MaterializeResult(metadata={"window_start": str(top["window_start"]), "count": top["count"]})


every_ten_minutes = dagster.ScheduleDefinition(
    name="every_ten_minutes", cron_schedule="*/10 * * * *", target=dagster.AssetSelection.assets(counts, busiest)
)
definitions = dagster.Definitions(assets=[counts, busiest], schedules=[every_ten_minutes])
