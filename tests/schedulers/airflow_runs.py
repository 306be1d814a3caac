#!/usr/bin/env python3
"""Runs windrow by Airflow: the DAGs of deploy/airflow, a failing and a retried run, assets and lineage.

Airflow keeps its database in a folder of this test. `dag.test()` runs a DAG as its scheduler would, in this process.
"""

import json
import os
import signal
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = tempfile.TemporaryDirectory(prefix="windrow-airflow-")
HOME = FOLDER.name
DAGS = Path(__file__).parents[2] / "deploy" / "airflow"
EVENTS = Path(HOME) / "lineage.ndjson"
os.environ |= {
    "AIRFLOW_HOME": HOME,
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "CRITICAL",
    "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps({"type": "file", "log_file_path": str(EVENTS), "append": True}),
    "AIRFLOW__OPENLINEAGE__NAMESPACE": "test",
    "WINDROW_RETRY_WAIT_S": "0",
    "PYTHONPATH": os.pathsep.join(filter(None, [str(DAGS), os.environ.get("PYTHONPATH")])),
}
sys.path[:0] = [str(Path(__file__).parent), str(DAGS)]
import place  # noqa: E402


def database():
    from airflow.utils.db import initdb

    initdb()


def tries(run):
    """The state of each task, and how often it was tried."""
    return {ti.task_id: (str(ti.state), ti.try_number) for ti in run.get_task_instances()}


def assets():
    """What came with each event of an asset, the oldest first."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        return [event.extra for event in session.query(AssetEvent).order_by(AssetEvent.id)]


def example(here):
    os.environ["WINDROW_JOB"] = str(here.job)
    sys.modules.pop("windrow_counts", None)
    import windrow_counts

    return windrow_counts


def test_the_example_counts_and_its_asset_has_the_facts_of_the_run(here):
    dag, before = example(here).dag, len(assets())
    run = dag.test()
    assert tries(run) == {"count": ("success", 1)}, tries(run)
    [facts] = assets()[before:]
    assert facts["outcome"] == "changed" and facts["windows_changed"] == 2 and facts["ledger_version"] == 1, facts
    assert facts["rows"] == {"read": 3, "counted": 3, "filtered": 0, "rejected": 0, "ignored": 0, "refused": 0}
    assert facts["last_event"] == "2024-01-31T09:15:00Z"
    summary = run.get_task_instances()[0].xcom_pull(task_ids="count")
    assert summary["run"] == facts["run"] and summary["schema"] == 2
    # Nothing is new: skipped, and nothing that waits for the asset starts. A parameter of the DAG reads all again.
    assert tries(dag.test()) == {"count": ("skipped", 1)}
    assert len(assets()) == before + 1
    assert tries(dag.test(run_conf={"again": "all"})) == {"count": ("success", 1)}
    assert len(assets()) == before + 2 and assets()[-1]["rows"]["read"] == 3, assets()
    assert tries(example(here).report.test()) == {"tell": ("success", 1)}


def test_lineage_has_inputs_and_reports_and_where_the_rows_went(here):
    EVENTS.unlink(missing_ok=True)
    assert tries(example(here).dag.test()) == {"count": ("success", 1)}
    events = [json.loads(line) for line in EVENTS.read_text().splitlines()]
    [done] = [event for event in events if event["eventType"] == "COMPLETE" and event["job"]["name"].endswith(".count")]
    [read], written = done["inputs"], done["outputs"]
    assert (read["namespace"], read["name"]) == ("file", str(here.folder / "logs"))
    assert read["inputFacets"]["inputStatistics"]["rowCount"] == 3
    reports = {one["name"]: one for one in written}
    assert reports[str(here.out / "reports" / "actions")]["outputFacets"]["outputStatistics"]["rowCount"] > 0, reports
    rows = done["run"]["facets"]["windrow_rows"]
    assert rows["read"] == rows["counted"] == 3 and rows["ledgerVersion"] == 1


def test_a_refused_file_fails_the_task_at_once(here):
    before = len(assets())
    here.log("broken.csv", "09:02:00Z,Open", "yesterday,Open")
    run = example(here).dag.test()
    # Three retries are left, and none is made.
    assert tries(run) == {"count": ("failed", 1)} and len(assets()) == before


def test_a_run_is_tried_again_after_exit_code_4_alone(here):
    here.break_storage()
    dag = example(here).dag
    dag.task_dict["count"].on_retry_callback = [lambda context: here.mend_storage()]
    assert tries(dag.test()) == {"count": ("success", 2)}
    assert assets()[-1]["ledger_version"] == 1


def test_a_killed_task_stops_its_run_cleanly(here):
    """The run waits for its input, a pipe, when Airflow sends its signal: `on_kill` ends it with 143."""
    from airflow.sdk.exceptions import AirflowFailException

    from windrow.airflow import WindrowRunOperator

    pipe = here.folder / "pipe"
    os.mkfifo(pipe)
    here.job.write_text(here.job.read_text().split("[output]")[0].replace('"logs"', '"pipe"'))
    task = WindrowRunOperator(task_id="count", job=str(here.job))
    # As a task of Airflow does on SIGTERM, once the run has opened the pipe.
    signal.signal(signal.SIGUSR1, lambda *_: task.on_kill())
    signal.alarm(120)
    child = os.fork()
    if child == 0:
        with open(pipe, "wb") as writer:
            writer.write(b"time,action\n" + b"2024-01-31T09:00:00Z,Open\n" * 100_000)
            writer.flush()
            os.kill(os.getppid(), signal.SIGUSR1)
            signal.pause()
        os._exit(0)
    try:
        task.execute({})
        raise AssertionError("the run was not stopped")
    except AirflowFailException as error:
        assert "exit code 143" in str(error), error
    finally:
        signal.alarm(0)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    database()
    place.main("airflow", globals())
