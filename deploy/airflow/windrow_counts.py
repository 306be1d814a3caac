"""A DAG that counts every ten minutes, and one that starts when a count has changed.

Copy it into the folder of your DAGs, and install windrow on the workers. WINDROW_JOB names the job file.
"""

import os
from datetime import datetime, timedelta

from airflow.sdk import DAG, Asset, Param, task

from windrow.airflow import WindrowRunOperator

JOB = os.environ.get("WINDROW_JOB", "/etc/windrow/job.toml")
counts = Asset(name="windrow_counts", uri=os.environ.get("WINDROW_ASSET", "file:///var/lib/windrow/actions/reports"))

# No dates: the ledger knows what is new. The next run does what a missed one has left, so nothing is caught up.
with DAG(
    "windrow_counts",
    schedule="*/10 * * * *",
    start_date=datetime(2024, 1, 1),
    catchup=False,
    max_active_runs=1,
    params={"again": Param("", type="string", title="Read again", description="`all`, or FROM..TO")},
) as dag:
    WindrowRunOperator(
        task_id="count",
        job=JOB,
        arguments=["{{ '--again=' ~ params.again if params.again else '--wait=5m' }}"],
        outlets=[counts],
        skip_unchanged=True,
        retries=3,
        retry_delay=timedelta(seconds=float(os.environ.get("WINDROW_RETRY_WAIT_S", "60"))),
        execution_timeout=timedelta(hours=1),
    )

with DAG("windrow_report", schedule=[counts], start_date=datetime(2024, 1, 1), catchup=False) as report:

    @task
    def tell(triggering_asset_events=None):
        """Says what has changed."""
        for event in [event for events in triggering_asset_events.values() for event in events]:
            print(f"{event.extra['windows_changed']} windows changed in run {event.extra['run']}")

    tell()
